"""Times as people write them, and places in a video as people type them."""

from __future__ import annotations

import re

from poseglass.core.video.video_index import VideoInfo

CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)")


def clock_text(time_s: float) -> str:
    """Return a time to the millisecond: 0:07.250, 12:03.000, 1:00:00.000."""
    sign = "-" if time_s < 0 else ""
    whole = round(abs(time_s) * 1000)
    minutes, ms = divmod(whole, 60000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else str(minutes)
    return f"{sign}{head}:{ms / 1000:06.3f}"


def duration_text(seconds: float) -> str:
    """Return a rough duration: "40 s", "3 min 20 s", "1 h 5 min"."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def parse_place(text: str, info: VideoInfo) -> int | None:
    """Return the frame that a typed place means: "120" is a frame, "4.5s", "0:04.5" and "1:00:04" are times.

    A time means the frame that is shown then. Places past the end mean the last frame; None is no place at all.
    """
    typed = _frame_or_time(text)
    if typed is None or isinstance(typed, int):
        return None if typed is None else min(typed, info.n_frames - 1)
    shown = info.numbers_between(None, typed + 5e-4)  # typed to the millisecond
    return max(0, len(shown) - 1)


def is_past_end(text: str, info: VideoInfo) -> bool:
    """Tell whether a typed place, as for `parse_place`, lies behind the video's end."""
    typed = _frame_or_time(text)
    return typed is not None and typed > (info.n_frames - 1 if isinstance(typed, int) else info.duration_s)


def _frame_or_time(text: str) -> int | float | None:
    """Return a frame number (int) or seconds (float)."""
    text = text.strip().replace(",", ".")
    if text.isdecimal():
        return int(text)
    parts = CLOCK.fullmatch(text.removesuffix("s").strip())
    if parts is None or not (":" in text or "s" in text or "." in text):
        return None
    hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return 3600 * hours + 60 * minutes + seconds
