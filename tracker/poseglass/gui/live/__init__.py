"""Watching live and recording."""
