"""The video that is drawn beside a table. What goes wrong with it is kept and told: the table does without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import av

from poseglass.core.files.output import staged
from poseglass.core.run import Seen
from poseglass.core.store.provenance import fingerprint
from poseglass.core.threads import WriteBehind
from poseglass.core.video.video import VideoInfo
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import OutputError

MARK = "poses drawn by Poseglass on the video with fingerprint "
"""In the file's comment: whose it is."""


class DrawnVideo:
    """Draws frames in a thread of its own; use as a context manager. Leaving puts the whole video in its place.

    Leaving by an error leaves what lay there as it was, and so does a `problem`.
    """

    def __init__(self, path: Path, info: VideoInfo, first: int, paint: Callable[[Seen], None]) -> None:
        """Open the video; frame `first` is at time 0 there. paint: draws into the frame. Raises OutputError."""
        self.problem = ""  # why there is no drawn video; a sentence
        origin = int(info.pts[first])
        with ExitStack() as opened:
            stage = opened.enter_context(staged(path))
            comment = MARK + fingerprint(info.path)
            writer = opened.enter_context(VideoWriter.like(stage, info, path, comment))

            def draw(seen: Seen) -> None:
                paint(seen)
                writer.write(seen.frame.image, seen.frame.pts - origin)

            self._behind = opened.enter_context(WriteBehind(draw))
            self._opened = opened.pop_all()

    def __enter__(self) -> DrawnVideo:
        return self

    def put(self, seen: Seen) -> None:
        """Have a frame drawn, unless drawing has failed before."""
        if self.problem:
            return
        try:
            self._behind.put(seen)
        except OutputError as error:
            self.problem = str(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._opened.__exit__(kind, error, trace)
        except OutputError as failure:
            self.problem = str(failure)


def drawn_on(path: Path) -> str:
    """Return the fingerprint of the video that a video was drawn on, empty where nothing says so."""
    try:
        with av.open(str(path.absolute()), "r", metadata_errors="replace") as container:
            comment = container.metadata.get("comment", "")
    except (av.error.FFmpegError, OSError):
        return ""
    return comment.removeprefix(MARK) if comment.startswith(MARK) else ""
