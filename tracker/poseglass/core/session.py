"""A session: a document with its file, its journal and its lock."""

from __future__ import annotations

from pathlib import Path

from poseglass.core.document import NO_KEYPOINTS, Document
from poseglass.core.video import VideoInfo
from poseglass.types import Skeleton

SUFFIX = ".poseglass"


class Session:
    """An open session; close it. For one thread, the document's.

    Every edit and every result is in the journal within a second, so that a crash loses next to nothing.
    """

    document: Document
    path: Path | None  # None until saved
    settings: dict[str, object]  # what JSON can hold: options of plugins, view; kept by `save` and `note`
    position: int  # number of the frame the user was at
    notes: tuple[str, ...]  # what the user should know: recovered, read-only and why

    @classmethod
    def begin(cls, info: VideoInfo, skeleton: Skeleton = NO_KEYPOINTS) -> Session:
        """Start a session on a video. Never raises for the journal: `trouble` says if there is none."""
        raise NotImplementedError

    @classmethod
    def open(cls, path: Path, video: Path | None = None) -> Session:
        """Open a session file, and what its journal holds beyond it. Read-only if another window has it open.

        video: where the user says that the video is. Raises MissingVideoError when it is not found, SessionError when
        the file is damaged, of another version, or `video` is another one than it was.
        """
        raise NotImplementedError

    @classmethod
    def recover(cls, journal: Path, video: Path | None = None) -> Session:
        """Open what a crashed, never saved session left in its journal. Raises as `open`."""
        raise NotImplementedError

    @property
    def has_unsaved(self) -> bool:
        """Tell whether anything changed since the last save."""
        raise NotImplementedError

    def note(self) -> None:
        """Write settings and position to the journal."""

    def save(self, path: Path | None = None) -> None:
        """Write the file whole or not at all, then empty the journal. Raises OutputError; all is then as it was."""

    def trouble(self) -> str | None:
        """Return, once, why the journal cannot be written (a full disk); work can go on."""

    def close(self, *, discard: bool = False) -> None:
        """Let go of journal and lock; the journal stays where something is unsaved, unless it is to be discarded."""


def left_behind() -> tuple[Path, ...]:
    """Return journals of never saved sessions whose process is gone, newest first: to be offered for recovery."""
    raise NotImplementedError
