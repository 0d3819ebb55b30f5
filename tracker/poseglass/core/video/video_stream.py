"""One file's video stream: opening it, and decoding packets past damage. What is wrong with a file is said here."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from poseglass.errors import VideoError

logger = logging.getLogger(__name__)

LITERALLY = {"pattern_type": "none"}
"""For FFmpeg's reader of pictures, which takes shot%03d.jpg for shot001.jpg and so on; others do not look at it."""

VideoPacket: TypeAlias = "Packet[VideoStream]"  # generic for type checkers only


ANIMATED = 0b10
"""Flag in an extended WebP's header: developers.google.com/speed/webp/docs/riff_container."""


@contextmanager
def open_stream(path: Path, number: int | None = None) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and one of its video streams; closed at the end of the block.

    number: from 0, as FFmpeg counts them; None takes the one with the largest pictures. Cover pictures are left aside.

    Raises VideoError when the file cannot be read or has no such stream.
    """
    with _open_container(path) as container:
        yield container, _chosen(container, path, number)


def decode(packets: Iterable[VideoPacket]) -> Iterator[VideoFrame]:
    """Decode packets in file order to frames in presentation order, past those that cannot be decoded."""
    for packet in packets:
        try:
            frames = packet.decode()
        except FFmpegError as error:
            logger.debug("packet at %s cannot be decoded: %s", packet.pts, error.strerror)
            continue
        yield from frames


def stamp_of(item: VideoPacket | VideoFrame) -> int | None:
    """Return the presentation stamp in ticks; dts in place of a missing pts, which is the same without B-frames."""
    return item.dts if item.pts is None else item.pts


def time_base_of(stream: VideoStream) -> Fraction:
    """Return seconds a tick."""
    base = stream.time_base
    assert base, "only streams being written have no time base"
    return Fraction(base.numerator, base.denominator)


def _open_container(path: Path) -> InputContainer:
    _check_readable(path)
    try:
        # Absolute, or FFmpeg takes "camera:1.mp4" for a protocol.
        container = av.open(str(path.absolute()), "r", options=dict(LITERALLY), metadata_errors="replace")
    except FFmpegError as error:
        raise VideoError(f"{path.name}: {_why_unreadable(path, error)}") from error
    if container.format.name == "tty":  # FFmpeg's player of ANSI art welcomes any .txt
        container.close()
        raise VideoError(f"{path.name}: text, not a video; give a video file")
    return container


def unsupported_kind(path: Path) -> str:
    """Say of what kind a file is that is whole but that FFmpeg cannot read; empty for all others."""
    with path.open("rb") as file:
        head = file.read(21)
    if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and head[20] & ANIMATED:
        return "animated WebP, which is not supported here; convert it to MP4"
    return ""


def _check_readable(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise VideoError(f"{path}: is a directory; give a video file")
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            raise VideoError(f"{path}: a pipe, which can be read only once; save what it brings as a file")
        if stat.S_ISCHR(mode):
            raise VideoError(f"{path}: a device, not a file; the window watches cameras")
        with path.open("rb") as file:
            if not file.read(1):
                raise VideoError(f"{path.name}: empty file (0 bytes); copy or record it again")
    except FileNotFoundError as error:
        raise VideoError(f"{path}: no such file; check the path") from error
    except PermissionError as error:
        raise VideoError(f"{path}: permission denied; ask its owner for the right to read it") from error
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror})") from error


def _why_unreadable(path: Path, error: FFmpegError) -> str:
    if kind := unsupported_kind(path):
        return kind
    with path.open("rb") as file:
        is_mp4 = file.read(8)[4:] == b"ftyp"
    if is_mp4:
        return "cut off or damaged, its list of frames (moov) is missing; copy or record it again"
    return f"not a video, or of an unknown kind ({error.strerror}); give a video file"


def _chosen(container: InputContainer, path: Path, number: int | None) -> VideoStream:
    """Return the stream of that number, or the one with the largest pictures; of several, what FFmpeg would take."""
    found = _streams(container)
    if not found:
        raise VideoError(_why_no_stream(container, path))
    if number is not None and number not in found:
        raise VideoError(f"{path.name}: no video stream {number}; it has {_listed(found)}")
    usual = container.streams.best("video")
    stream = (
        found[number] if number is not None else max(found.values(), key=lambda each: (*_area(each), each is usual))
    )
    if not stream.codec_context:  # typed as always there, but None for a codec that FFmpeg cannot decode
        raise VideoError(f"{path.name}: its video codec is unknown here; convert it to H.264")
    stream.thread_type = "AUTO"
    return stream


def stream_notes(container: InputContainer, chosen: VideoStream) -> list[str]:
    """Name the streams that are left aside."""
    found = _streams(container)
    others = {number: stream for number, stream in found.items() if stream is not chosen}
    if not others:
        return []
    number = next(number for number, stream in found.items() if stream is chosen)
    return [
        f"it has {len(found)} video streams; this is {_listed({number: chosen})}, "
        f"left aside: {_listed(others)}; --video-stream chooses"
    ]


def _streams(container: InputContainer) -> dict[int, VideoStream]:
    """Return the video streams by number, cover pictures and thumbnails left aside."""
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    return {n: stream for n, stream in enumerate(container.streams.video) if not stream.disposition & pictures}


def _area(stream: VideoStream) -> tuple[bool, int]:
    context = stream.codec_context
    return bool(context), context.width * context.height if context else 0


def _listed(streams: dict[int, VideoStream]) -> str:
    """Say number, codec and size of each: "0 (h264, 1920 x 1080)"."""
    texts = []
    for number, stream in streams.items():
        context = stream.codec_context
        what = f"{stream.codec.canonical_name}, {context.width} x {context.height}" if context else "unknown codec"
        texts.append(f"{number} ({what})")
    return ", ".join(texts)


def _why_no_stream(container: InputContainer, path: Path) -> str:
    n_audio = len(container.streams.audio)
    plural = "" if n_audio == 1 else "s"
    return f"{path.name}: no video stream ({n_audio} audio stream{plural} found); give a file with pictures"
