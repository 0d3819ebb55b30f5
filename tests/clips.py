"""Small clips whose pixels say which frame they are, in the kinds of file that make readers err."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 160, 120
BLOCK = 12
"""Pixels; a stamp is two rows of ten blocks, large enough to outlive strong compression."""
TICKS = Fraction(1, 90000)
FRAME_MS = 40


@dataclass(frozen=True)
class Clip:
    """A file, and what a reader must find in it."""

    path: Path
    indices: list[int]  # stamped into the frames to be shown, in order
    times_s: list[Fraction]  # of those frames, from the first one


def stamped(index: int, width: int = WIDTH, height: int = HEIGHT) -> Image:
    """Draw a picture that carries its number, 0 to 255, in its upper left corner."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    image = np.stack([(x + 3 * index) % 256, (2 * y) % 256, np.full_like(x, 128)], axis=-1).astype(np.uint8)
    bits = np.array([1, *(index >> np.arange(8) & 1), 1])
    rows = np.stack([bits, 1 - bits]) * 255
    image[: 2 * BLOCK, : 10 * BLOCK] = np.kron(rows, np.ones((BLOCK, BLOCK)))[..., None]
    return image


def stamped_index(image: Image) -> int:
    """Read the number back. Raises ValueError if there is no stamp where an upright picture has it."""
    grey = image[: 2 * BLOCK, : 10 * BLOCK].astype(float).mean(axis=-1)
    inner = grey.reshape(2, BLOCK, 10, BLOCK)[:, 3:-3, :, 3:-3].mean(axis=(1, 3))
    contrast = inner[0] - inner[1]
    if np.abs(contrast).min() < 100 or contrast[0] < 0 or contrast[-1] < 0:
        raise ValueError("no stamp here: not upright, or decoded wrongly")
    return int(((contrast[1:-1] > 0) << np.arange(8)).sum())


@dataclass(frozen=True)
class Recipe:
    """How a clip is encoded."""

    suffix: str = ".mp4"
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    size: tuple[int, int] = (WIDTH, HEIGHT)
    rotation: float = 0  # degrees counter-clockwise that a player must turn
    is_mirrored: bool = False  # left to right, after that
    options: dict[str, str] = field(default_factory=lambda: {"g": "12", "bf": "3", "sc_threshold": "0"})


def constant(n: int) -> list[int]:
    """Return gaps of a constant rate, milliseconds before each frame."""
    return [0] + [FRAME_MS] * (n - 1)


def variable(n: int) -> list[int]:
    """Return gaps as a phone makes them: jitter, a long pause, a burst."""
    gaps = np.random.default_rng(1).integers(15, 70, n).tolist()
    gaps[0], gaps[n // 3], gaps[n // 2] = 0, 900, 1
    return gaps


def holed(n: int) -> list[int]:
    """Return gaps of a constant rate with frames dropped by the camera."""
    gaps = constant(n)
    for index in range(4, n, 5):
        gaps[index] *= 2
    return gaps


def write(path: Path, gaps_ms: Sequence[int], recipe: Recipe = Recipe()) -> Clip:
    """Encode one stamped frame after each gap."""
    times_ms = list(accumulate(gaps_ms))
    quarter_turns = round(recipe.rotation / 90)
    with av.open(path, "w") as container:
        stream = cast(VideoStream, container.add_stream(recipe.codec, rate=1000 // FRAME_MS))
        stream.options = recipe.options
        width, height = recipe.size[::-1] if quarter_turns % 2 else recipe.size
        stream.width, stream.height, stream.pix_fmt = width, height, recipe.pix_fmt
        base = Fraction(FRAME_MS, 1000) if recipe.suffix == ".avi" else TICKS  # AVI stamps by counting
        stream.time_base = stream.codec_context.time_base = base
        if recipe.rotation or recipe.is_mirrored:
            stream.set_display_rotation(recipe.rotation, hflip=recipe.is_mirrored)
        for index, time_ms in enumerate(times_ms):
            pixels = stamped(index, *recipe.size)
            pixels = np.rot90(pixels[:, ::-1] if recipe.is_mirrored else pixels, -quarter_turns)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels))
            frame.time_base = base
            frame.pts = int(time_ms * Fraction(1, 1000) / base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return Clip(path, list(range(len(times_ms))), [Fraction(ms, 1000) for ms in times_ms])


def trimmed(path: Path, start: int) -> Clip:
    """Cut frames off the front without encoding again: they stay in the file, an edit list hides them."""
    whole = write(path.with_name("whole.mp4"), constant(60))
    with av.open(whole.path) as source, av.open(path, "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        shift = int(whole.times_s[start] / TICKS)
        packets = [packet for packet in source.demux(stream) if packet.pts is not None and packet.dts is not None]
        key = max(packet.pts for packet in packets if packet.is_keyframe and packet.pts <= shift)
        began = False
        for packet in packets:
            began = began or packet.pts == key
            if began:
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
                target.mux(packet)
    return Clip(path, whole.indices[start:], [time - whole.times_s[start] for time in whole.times_s[start:]])


def restamped(path: Path, times_ms: Sequence[int], recipe: Recipe = Recipe(options={"g": "4", "bf": "0"})) -> Clip:
    """Give frames stamps of their own in milliseconds, which need not rise: MKV takes any."""
    whole = write(path.with_name("whole.mkv"), constant(len(times_ms)), recipe)
    restamp(whole.path, path, times_ms)
    return Clip(path, whole.indices, [Fraction(ms - times_ms[0], 1000) for ms in times_ms])


def restamp(source_path: Path, path: Path, times_ms: Sequence[int]) -> None:
    """Copy frames without encoding them again, with other stamps; they must not be reordered."""
    with av.open(source_path) as source, av.open(path, "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = (packet for packet in source.demux(stream) if packet.size)
        for packet, time_ms in zip(packets, times_ms, strict=True):
            packet.time_base, packet.stream = Fraction(1, 1000), copy
            packet.pts = packet.dts = time_ms
            target.mux(packet)


def partly_unstamped(path: Path, n: int, options: dict[str, str]) -> Path:
    """Write an MPEG-TS that has two frames in every fifth of its packets, and so a stamp for the first of them only."""
    with av.open(write(path.with_name("whole.ts"), constant(n), Recipe(".ts", options=options)).path) as source:
        stream = source.streams.video[0]
        packets = [(packet.pts, packet.dts, bytes(packet)) for packet in source.demux(stream) if packet.size]
        with av.open(path, "w") as target:
            copy = target.add_stream_from_template(stream)
            while packets:
                together = 2 if len(packets) % 6 == 0 else 1
                packet = av.Packet(b"".join(content for _, _, content in packets[:together]))
                packet.stream, packet.time_base, (packet.pts, packet.dts) = copy, TICKS, packets[0][:2]
                target.mux(packet)
                del packets[:together]
    return path


def two_streams(path: Path) -> Path:
    """Write a small stream first, a large one second."""
    with av.open(path, "w") as container:
        streams = []
        for size in ((WIDTH // 2, HEIGHT // 2), (WIDTH, HEIGHT)):
            stream = cast(VideoStream, container.add_stream("libx264", rate=25))
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            streams.append(stream)
        for index in range(5):
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(stamped(index)).reformat(stream.width, stream.height)
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def cut_short(path: Path, fraction: float = 0.6) -> Path:
    """Throw a file's end away."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])
    return path


def damage(path: Path, indices: Iterable[int]) -> None:
    """Overwrite the data of some packets, by their place in the file, so that they cannot be decoded."""
    with av.open(path) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0)]
    with path.open("r+b") as file:
        for index in indices:
            position, size = packets[index]
            assert position is not None
            file.seek(position)
            file.write(bytes(size))


def sound_only(path: Path) -> Path:
    """Write half a second of silence."""
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def no_frames(path: Path) -> Path:
    """Write a video stream without a single packet."""
    with av.open(path, "w", options={"movflags": "frag_keyframe+empty_moov"}) as container:
        stream = cast(VideoStream, container.add_stream("mpeg4", rate=25))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        container.start_encoding()
    return path


def open_files(folder: Path) -> list[str]:
    """List what this process holds open in a folder; Linux only."""
    links = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return [str(link.readlink()) for link in links if str(folder) in str(link.readlink())]


def _make(gaps_ms: list[int], recipe: Recipe = Recipe()) -> Callable[[Path], Clip]:
    return lambda folder: write(folder / f"clip{recipe.suffix}", gaps_ms, recipe)


_OPEN_GOP = {"g": "12", "bf": "3", "sc_threshold": "0", "x264-params": "open-gop=1:bframes=3"}
_HEVC = {"x265-params": "log-level=none:keyint=12:bframes=3"}

KINDS: dict[str, Callable[[Path], Clip]] = {
    "constant rate mp4": _make(constant(45)),
    "variable rate mp4": _make(variable(45)),
    "variable rate mkv": _make(variable(45), Recipe(".mkv")),
    "MPEG-TS": _make(constant(45), Recipe(".ts")),
    "variable rate MPEG-TS": _make(variable(45), Recipe(".ts")),
    "open groups of pictures": _make(constant(45), Recipe(options=_OPEN_GOP)),
    "open groups of pictures in MPEG-TS": _make(constant(45), Recipe(".ts", options=_OPEN_GOP)),
    "gradual refresh": _make(constant(40), Recipe(options={"g": "12", "x264-params": "intra-refresh=1:bframes=0"})),
    "HEVC": _make(constant(30), Recipe(codec="libx265", options=_HEVC)),
    "rotated by 90": _make(constant(20), Recipe(rotation=90)),
    "rotated by 180": _make(constant(20), Recipe(rotation=180)),
    "rotated by 270": _make(constant(20), Recipe(rotation=270)),
    "mirrored": _make(constant(20), Recipe(is_mirrored=True)),
    "mirrored and rotated by 90": _make(constant(20), Recipe(rotation=90, is_mirrored=True)),
    "upside down in a mirror": _make(constant(20), Recipe(rotation=180, is_mirrored=True)),
    "mirrored and rotated by 270": _make(constant(20), Recipe(rotation=270, is_mirrored=True)),
    "a hair short of a quarter turn": _make(constant(20), Recipe(rotation=89.9)),
    "a hair past no turn": _make(constant(20), Recipe(rotation=-0.1)),
    "trimmed by an edit list": lambda folder: trimmed(folder / "clip.mp4", 17),
    "one frame": _make(constant(1)),
    "odd size": _make(constant(20), Recipe(pix_fmt="yuv444p", size=(161, 121))),
    "AVI with holes": _make(holed(30), Recipe(".avi", "mpeg4", options={"g": "12"})),
    "AVI": _make(constant(30), Recipe(".avi", "mpeg4", options={"g": "12"})),
    "AVI with reordered MPEG-4": _make(constant(30), Recipe(".avi", "mpeg4", options={"g": "12", "bf": "2"})),
    "AVI with reordered H.264": _make(constant(30), Recipe(".avi")),
    "shared stamps": lambda folder: restamped(folder / "clip.mkv", [0, 33, 33, 67, 100, 100, 100, 133, 167, 167]),
    "bare H.264": _make(constant(30), Recipe(".h264")),
}
