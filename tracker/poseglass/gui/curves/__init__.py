"""Curves in step with the video, and the smoothing lab."""
