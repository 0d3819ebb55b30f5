"""What can go wrong that a user can do something about.

PoseglassError
|-- VideoError        a file is missing, not a video, or broken
|   `-- FrameError    one frame of an open video cannot be decoded; the others can
|-- SourceError       a camera or a stream cannot be opened, or broke off
|-- InputError        a file of results cannot be imported
|-- OutputError       a result cannot be written; what lay there before is as it was
|-- ModelError        unknown or damaged weights, or they do not fit
|-- DeviceError       a computing device that is not there
|-- PluginError       a plugin is unknown, broken, or made for another API
|-- SessionError      a session cannot be opened or changed
|   `-- MissingVideoError  its video is not where it was, and has to be pointed to
`-- WindowError       the window cannot be shown here
"""

from __future__ import annotations

from poseglass.names import shown


class PoseglassError(Exception):
    """Root of the application's errors; the message is one line: what, with which value, and what to do."""

    def __init__(self, message: object = "") -> None:
        super().__init__(shown(message))  # names of files may hold anything


class VideoError(PoseglassError):
    """A file is missing, is not a video, or is broken. Nothing is left open."""


class FrameError(VideoError):
    """One frame cannot be decoded. The video stays open and every other frame can still be read."""


class SourceError(PoseglassError):
    """A camera or a stream cannot be opened, or broke off. Nothing is left open; it can be tried again."""


class InputError(PoseglassError):
    """A file to be imported is missing, damaged, or of another format. Nothing is imported of it."""


class OutputError(PoseglassError):
    """A result cannot be written. A file that lay in its place is as it was."""


class ModelError(PoseglassError):
    """Weights are unknown, damaged, or do not fit."""


class DeviceError(PoseglassError):
    """A computing device was asked for that is not there."""


class PluginError(PoseglassError):
    """A plugin is unknown, broken, or made for another API. The application runs on without it."""


class SessionError(PoseglassError):
    """A session file is damaged or of another version, belongs to another video, or may not be changed here."""


class MissingVideoError(SessionError):
    """A session's video is not found; open the session again and say where the video is."""


class NobodyError(PoseglassError):
    """Nobody is seen where somebody is to be followed. Nothing is followed."""


class WindowError(PoseglassError):
    """The window cannot be shown: no display, or libraries are missing. The command line works without it."""
