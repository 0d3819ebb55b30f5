"""Corrections by hand, and where to go next."""
