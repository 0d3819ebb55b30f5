"""Write pictures to a video file with the time stamps they came with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from poseglass.core.video.video_decode import HD_HEIGHT
from poseglass.errors import OutputError
from poseglass.types import Image

CODEC = "libx264"
QUALITY = {"crf": "20", "preset": "veryfast"}
"""x264's scale: 18 is hardly told from the source, 23 its default; the sketch on top has fine lines."""


class VideoWriter:
    """An open MP4 file; use as a context manager. Leaving closes it, so that what was written plays.

    Pictures of odd size lose their last row or column: the codec's colour planes are half as large.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        time_base: Fraction,
        rate: Fraction,
        coding: Mapping[str, str] = QUALITY,
        muxing: Mapping[str, str] | None = None,
    ) -> None:
        """Open `path`, whatever its suffix; time_base: seconds a tick of the stamps, rate: frames/s, for the header.

        coding, muxing: FFmpeg's options for the encoder and for the file.
        """
        self._height, self._width = height - height % 2, width - width % 2
        if not self._height or not self._width:
            raise OutputError(f"{path}: a picture of {width} x {height} is too small for {CODEC}")
        self._time_base = time_base
        self._name = path.name
        self._last_pts = -1
        self._container = av.open(str(path), "w", format="mp4", options=dict(muxing or {}))
        stream = self._container.add_stream(CODEC, rate=rate.limit_denominator(65535), options=dict(coding))
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        self._stream.width, self._stream.height = self._width, self._height
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = time_base
        self._matrix = "ITU709" if height >= HD_HEIGHT else "ITU601"

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._said_plainly():
            try:
                self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()

    def write(self, image: Image, pts: int) -> None:
        """Append a picture (H, W, 3); the first stamp is 0, and one that does not rise is put a tick after the last."""
        pts = self._last_pts = max(pts, self._last_pts + 1)
        picture = np.ascontiguousarray(image[: self._height, : self._width])
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=self._matrix)
        frame.pts, frame.time_base = pts, self._time_base
        with self._said_plainly():
            self._container.mux(self._stream.encode(frame))

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        try:
            yield
        except av.error.FFmpegError as error:
            raise OutputError(f"{self._name}: cannot be written ({error.strerror}); is the disk full?") from error
