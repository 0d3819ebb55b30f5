"""What tracks become outside: a table with its sidecar, a drawn video.

A document belongs to one thread; a Draft is taken there in a moment, and the slow rest is done in another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from poseglass.api import Smoother
from poseglass.core.fences import FencedExporter
from poseglass.core.files.output import staged
from poseglass.core.motion.calibration import Calibration
from poseglass.core.motion.measures import with_measures
from poseglass.core.outputs import check_not_video, check_outputs
from poseglass.core.people_marks import Someone, paint_people
from poseglass.core.plugins import DEFAULT_EXPORTER, find, make_exporter, make_smoother
from poseglass.core.store.provenance import describe, sidecar_path
from poseglass.core.store.recordings import record
from poseglass.core.store.tracks import Tracks
from poseglass.core.video.steadiness import Steadiness
from poseglass.core.video.video import Video, VideoInfo
from poseglass.core.video.video_writer import VideoWriter, check_video_name
from poseglass.errors import OutputError
from poseglass.types import Floats, Recording, State, Track

PREVIEW_CONTEXT = 120
"""Frames that the smoother sees beyond those of a preview: seconds, past which the future changes no third decimal."""
PREVIEW_BYTES = 200_000
"""Read of a preview at most: some hundred rows, more than anybody looks at."""

MEASURES = (
    "of the smoothed positions, of raw ones without a smoother; angles of joints 0 to 180 degrees between the bones; "
    "tilts -180 to 180 from upright, positive to the right; speeds in heights of a pixel a second; _sigma: standard "
    "deviation, positions counted as independent, for speeds too large rather than too small"
)
"""What a sidecar says of angles and speeds."""
PLANE = {
    "holds_in": "the plane at the line's distance that faces the camera",
    "axes": "x along the floor to the right, y up, from the left end of the floor line, else of the line; tilts are "
    "against the floor",
}
"""And of metres."""


@dataclass(frozen=True)
class Choice:
    """With which plugins and options."""

    exporter: str = DEFAULT_EXPORTER
    exporter_options: Mapping[str, object] | None = None
    smoother: str | None = None
    smoother_options: Mapping[str, object] | None = None
    angles: bool = False  # angles and speeds, too
    calibration: Calibration | None = None  # and them in metres
    moved: str | None = None  # what the camera did meanwhile, in words: then nothing is in metres; None: look

    def make_smoother(self) -> Smoother | None:
        """Make the smoother, None where none was chosen."""
        return make_smoother(self.smoother, self.smoother_options) if self.smoother else None

    def make_exporter(self) -> FencedExporter:
        """Make the exporter."""
        return make_exporter(self.exporter, self.exporter_options)

    def measured(self, recording: Recording) -> Recording:
        """Return the recording with angles and speeds where they are wanted."""
        return with_measures(recording, None if self.moved else self.calibration) if self.angles else recording

    def told(self, aspect: float) -> dict[str, object]:
        """Return what the sidecar says of angles and speeds; aspect: the width of a pixel in heights."""
        if not self.angles:
            return {}
        told: dict[str, object] = {"measures": MEASURES}
        if self.calibration is not None:
            how = {"metres_a_px": self.calibration.metres_a_px(aspect), "floor_deg": self.calibration.floor_deg(aspect)}
            told["calibration"] = self.calibration.told() | ({"not_used": self.moved} if self.moved else how | PLANE)
        return told


@dataclass(frozen=True)
class Draft:
    """Everything of tracks that an export needs, smoothing still to be done."""

    recording: Recording  # what stands there without a smoother
    corrected: tuple[Track, ...]  # what the smoother is to be given of each track
    facts: tuple[Mapping[str, str], ...]
    complete: bool  # every frame that was asked for was looked at, or is broken
    undecoded: int  # frames that are broken
    names: tuple[str, ...]  # of the tracks: the recording has what the user calls them

    def finish(self, smoother: Smoother | None) -> Recording:
        """Smooth; the result is the one that `Tracks.recording` gives."""
        if smoother is None or not len(self.recording.pts):
            return self.recording
        tracks = zip(self.recording.tracks, self.corrected, strict=True)
        return replace(
            self.recording, tracks=tuple((name, raw, smoother.smooth(track)) for (name, raw, _), track in tracks)
        )

    def without(self, people: Collection[str]) -> Draft:
        """Leave people out, by the names of their tracks."""
        left = [number for number, name in enumerate(self.names) if name not in people]
        recording = replace(self.recording, tracks=tuple(self.recording.tracks[number] for number in left))
        corrected = tuple(self.corrected[number] for number in left)
        return replace(self, recording=recording, corrected=corrected, names=tuple(self.names[n] for n in left))

    def head(self, frames: int) -> Draft:
        """Return the first frames."""
        here = range(frames)
        corrected = tuple(track.part(here) for track in self.corrected)
        return replace(self, recording=self.recording.part(here), corrected=corrected)


def draft(tracks: Tracks) -> Draft:
    """Copy what an export needs; for the thread that owns the tracks."""
    recording, coverage = record(tracks, None), tracks.coverage
    corrected = tuple(tracks.correct(person, recording.frame_index) for person in tracks.shown_people)
    names = tuple(tracks.shown_people)
    return Draft(recording, corrected, tracks.facts(), coverage.is_complete, coverage.undecoded, names)


def export_table(
    draft: Draft, info: VideoInfo, path: Path, choice: Choice, command_line: Sequence[str] | None = None
) -> tuple[Path, Path]:
    """Write the table and its sidecar, both or neither; return where they are. Raises PoseglassError.

    command_line: what the table is made by. None in the window: the command that started it may be of another video.
    """
    check_outputs(info.path, path)
    smoother, exporter = choice.make_smoother(), choice.make_exporter()
    if choice.angles and choice.calibration is not None and choice.moved is None:
        choice = replace(choice, moved=camera_motion(info, draft.recording))
    recording = choice.measured(draft.finish(smoother))
    facts = [*draft.facts, *([smoother.facts] if smoother else [])]
    meta = describe(
        info, recording, facts, undecoded=draft.undecoded, complete=draft.complete, command_line=command_line
    )
    meta |= choice.told(float(info.sample_aspect_ratio))
    with staged(path) as table, staged(sidecar_path(path)) as sidecar:
        exporter.write(recording, table)
        sidecar.write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return path, sidecar_path(path)


def camera_motion(info: VideoInfo, recording: Recording, should_stop: Callable[[], bool] = lambda: False) -> str:
    """Return what the camera does in a recording's `frames_of`, in words; nothing if it stands still.

    Decodes all of them. Raises VideoError.
    """
    rows, steadiness = {int(index): row for row, index in enumerate(recording.frame_index)}, Steadiness()
    with Video.open(info.path, stream=info.stream) as video:
        for frame in video.frames(frames_of(info, recording)):
            row = rows.get(frame.index)
            people = [] if row is None else [raw.xy[row] for _, raw, _ in recording.tracks]
            steadiness.see(frame, np.array(people).reshape(len(people), -1, 2))
            if steadiness.moved or should_stop():
                break
    return steadiness.moved


def frames_of(info: VideoInfo, recording: Recording) -> range:
    """Return a recording's frames from its first to its last; of one without any, the whole video's."""
    index = recording.frame_index
    return range(int(index[0]), int(index[-1]) + 1) if len(index) else range(info.n_frames)


def preview(draft: Draft, choice: Choice, frames: int) -> str:
    """Return the beginning of the table as text: the first frames, smoothed with some of those that follow.

    Raises PoseglassError, OutputError where the table is no text.
    """
    exporter = choice.make_exporter()
    recording = choice.measured(draft.head(frames + PREVIEW_CONTEXT).finish(choice.make_smoother()))
    with TemporaryDirectory(prefix="poseglass-") as folder:
        path = Path(folder) / f"preview{find('exporter', choice.exporter).suffix}"
        exporter.write(recording.part(range(frames)), path)
        try:
            return path.read_bytes()[:PREVIEW_BYTES].decode("utf-8", errors="strict")
        except (UnicodeDecodeError, OSError) as error:
            raise OutputError(f"{choice.exporter}: its files are not text, there is nothing to preview") from error


def draw_video(
    recording: Recording,
    info: VideoInfo,
    frames: range,
    path: Path,
    watch: Callable[[int, int], object],
    should_stop: Callable[[], bool],
    names: Sequence[str] = (),
) -> bool:
    """Draw the poses, smoothed where they are, on the frames of a range; return whether it is the whole range.

    names: of the tracks, whose colours are people's, where the recording has other names. A stopped video holds what
    was drawn until then. Raises PoseglassError; then nothing is written.
    """
    check_video_name(path)
    check_not_video(path, info.path)
    rows = {int(index): row for row, index in enumerate(recording.frame_index)}
    with (
        staged(path) as stage,
        Video.open(info.path, stream=info.stream) as video,
        VideoWriter.like(stage, info, path) as writer,
    ):
        origin = int(info.pts[frames.start])
        for done, frame in enumerate(video.frames(frames), start=1):
            if (row := rows.get(frame.index)) is not None:
                people = shown_poses(recording, row, names)
                paint_people(frame.image, recording.skeleton, people, several=len(recording.tracks) > 1)
            writer.write(frame.image, frame.pts - origin)
            watch(done, len(frames))
            if should_stop():
                return done == len(frames)
    return True


def shown_poses(recording: Recording, row: int, names: Sequence[str] = ()) -> Sequence[Someone]:
    """Return what to draw of everybody in one row: smoothed positions where they are. names: as of `draw_video`."""
    shown = []
    for number, (name, raw, smooth) in enumerate(recording.tracks):
        track = names[number] if names else name
        if smooth is None:
            shown.append(Someone(name, raw.xy[row], raw.score[row], track))
        else:
            shown.append(Someone(name, smooth.xy[row], drawn_score(raw.score[row], smooth.state[row]), track))
    return shown


def drawn_score(score: Floats, state: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> Floats:
    """Return the scores (K,) by which smoothed keypoints are drawn: bridged and placed ones count as sure enough."""
    trusted = (state == State.INTERPOLATED) | (state == State.EDITED)
    return np.where(state == State.MISSING, 0.0, np.where(trusted, np.maximum(score, 0.5), score))
