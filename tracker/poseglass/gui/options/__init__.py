"""Plugins and their options as forms."""
