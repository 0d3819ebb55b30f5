"""Cameras and streams: newest frame wins, every drop is counted; recordings."""
