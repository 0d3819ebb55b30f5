"""The attention inspector."""
