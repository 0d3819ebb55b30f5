"""Poseglass follows people's poses through video. Plugins import `poseglass.api`; the rest is the application's."""

__version__ = "0.1.0"
