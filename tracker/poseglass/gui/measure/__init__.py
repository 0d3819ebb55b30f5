"""Measuring in the picture: the scale, the floor, and whether the camera stands still."""
