"""Where a video's results go: what they are called, and what they may not take the place of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from poseglass.core.drawn_video import drawn_on
from poseglass.core.files.output import check_name, check_writable
from poseglass.core.store.provenance import Made, fingerprint, read_made, sidecar_path
from poseglass.core.video.video_writer import check_video_name
from poseglass.errors import OutputError

REMEDY = "name another with -o, or say --overwrite"


def table_beside(video: Path, suffix: str) -> Path:
    """Return where a video's table goes: beside it, named as it is."""
    return video.with_suffix(f".poses{suffix}")


def table_in(folder: Path, video: Path, suffix: str) -> Path:
    """Return where it goes in a folder; the whole name keeps a.mp4 from a.mov."""
    return folder / f"{video.name}.poses{suffix}"


def drawn_in(folder: Path, video: Path) -> Path:
    """Return where a drawn video goes in a folder."""
    return folder / f"{video.name}.poses.mp4"


def picture_beside(video: Path) -> Path:
    """Return where a picture of what the network looked at goes; by its whole name it is of no other video."""
    return video.with_name(f"{video.name}.look.png")


def check_outputs(video: Path, table: Path, drawn: Path | None = None) -> None:
    """Raise OutputError before any work where an output cannot be written or would overwrite the video."""
    check_name(table)
    outputs = _outputs(table, drawn)
    if len(set(map(os.path.realpath, (video, *outputs)))) <= len(outputs):  # `resolve` raises for links in a circle
        raise OutputError(f"{video}, {', '.join(map(str, outputs))}: two of these are one file; name another output")
    for path in outputs:
        check_writable(path)
    if drawn is not None:
        check_video_name(drawn)


def check_not_video(path: Path, video: Path) -> None:
    """Raise OutputError where a result would overwrite the video."""
    if os.path.realpath(path) == os.path.realpath(video):
        raise OutputError(f"{path}: is the video itself; name another file")


def check_apart(results: Sequence[tuple[Path, Path, Path | None]]) -> None:
    """Raise OutputError where two results would have one name. results: video, table and drawn video of each."""
    owners: dict[str, Path] = {}
    for video, table, drawn in results:
        places = {os.path.realpath(path): path for path in _outputs(table, drawn)}
        for place in places.keys() & owners.keys():
            if os.path.realpath(owners[place]) == os.path.realpath(video):
                raise OutputError(f"{video}: given twice; name each video once")
            raise OutputError(
                f"{owners[place]} and {video}: the results of both would be called {places[place].name}; "
                "give each its own -o, or say --overwrite"
            )
        owners |= dict.fromkeys(places, video)


def check_replaced(video: Path, table: Path, drawn: Path | None = None) -> None:
    """Raise OutputError where a result would take the place of one that is not known to be of this video.

    It is of this video where its sidecar, or the drawn video itself, names the same file or the same content.
    """
    try:
        content = fingerprint(video)
    except OSError:
        return  # the work will say so
    made = read_made(sidecar_path(table))
    is_ours = made is not None and (made.video == str(video.resolve()) or made.fingerprint == content)
    there = [path for path in (table, sidecar_path(table)) if path.exists()]
    if there and not is_ours:
        raise OutputError(f"{there[0]}: is there already, {_whose(made)}; {REMEDY}")
    known = {content, made.fingerprint if made is not None and is_ours else content}
    if drawn is not None and drawn.exists() and drawn_on(drawn) not in known:
        raise OutputError(f"{drawn}: is there already, and not known to be drawn on {video.name}; {REMEDY}")


def _outputs(table: Path, drawn: Path | None) -> list[Path]:
    return [table, sidecar_path(table), *([drawn] if drawn else [])]


def _whose(made: Made | None) -> str:
    return f"made from {made.video}" if made is not None else "and nothing says which video it was made from"
