"""Write pictures to a video file with the time stamps they came with."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from poseglass.core.video.video_decode import HD_HEIGHT
from poseglass.core.video.video_index import VideoInfo
from poseglass.errors import OutputError
from poseglass.types import Image

CODEC = "libx264"
QUALITY = {"crf": "20", "preset": "veryfast"}
"""x264's scale: 18 is hardly told from the source, 23 its default; the sketch on top has fine lines."""
SUFFIXES = (".mp4", ".m4v")
"""What a video that is written here may be called: MP4 by another name is opened by the wrong program, or by none."""
FINEST = Fraction(1, 240_000)
"""Seconds a tick that MP4 takes as they are. Its frames last 2^31 ticks at most: with nanoseconds two seconds."""
TICK = Fraction(1, 90_000)
"""In place of finer ones, the clock of MPEG: off by 6 us at most, and a pause may last six hours."""


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
        *,
        pixel_aspect: Fraction = Fraction(1),
        comment: str = "",
        called: Path | None = None,
    ) -> None:
        """Open `path`, whatever its suffix; time_base: seconds a tick of the stamps, rate: frames/s, for the header.

        coding, muxing: FFmpeg's options for the encoder and for the file. pixel_aspect: width to height of a pixel.
        comment: kept in the file. called: what messages name it, where `path` is not what it will be called. Raises
        OutputError.
        """
        self._height, self._width = height - height % 2, width - width % 2
        if not self._height or not self._width:
            raise OutputError(f"{called or path}: a picture of {width} x {height} is too small for {CODEC}")
        self._given_base, self._time_base = time_base, time_base if time_base >= FINEST else TICK
        self._last = -1  # the stamp of the last picture, in ticks of the file
        self._name = (called or path).name
        with self._said_plainly():
            self._container = av.open(str(path.absolute()), "w", format="mp4", options=dict(muxing or {}))
        if comment:
            self._container.metadata["comment"] = comment
        stream = self._container.add_stream(CODEC, rate=rate.limit_denominator(65535), options=dict(coding))
        assert isinstance(stream, av.VideoStream)
        self._stream = stream
        self._stream.width, self._stream.height = self._width, self._height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.sample_aspect_ratio = pixel_aspect
        self._stream.time_base = self._stream.codec_context.time_base = self._time_base
        self._matrix = "ITU709" if height >= HD_HEIGHT else "ITU601"

    @classmethod
    def like(cls, path: Path, info: VideoInfo, called: Path, comment: str = "") -> VideoWriter:
        """Open a video with the size, the shape of pixels and the clock of another. Raises OutputError."""
        return cls(
            path,
            info.width,
            info.height,
            info.time_base,
            info.average_rate,
            pixel_aspect=info.sample_aspect_ratio,
            comment=comment,
            called=called,
        )

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
        picture = np.ascontiguousarray(image[: self._height, : self._width])
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=self._matrix)
        frame.pts, frame.time_base = self._stamp(pts), self._time_base
        with self._said_plainly():
            self._container.mux(self._stream.encode(frame))

    def _stamp(self, pts: int) -> int:
        """Return a stamp in ticks of the file, which rise."""
        ticks = pts if self._time_base == self._given_base else round(pts * self._given_base / self._time_base)
        self._last = max(ticks, self._last + 1)
        return self._last

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        try:
            yield
        except av.error.FFmpegError as error:
            why = "; is the disk full?" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else ""
            raise OutputError(f"{self._name}: cannot be written ({error.strerror}){why}") from error


def check_video_name(path: Path) -> None:
    """Raise OutputError where a video that is written here may not be called so."""
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{path}: videos are written as MP4; name it {path.stem}.mp4")
