import json
from pathlib import Path

import numpy as np
import pytest

import clips
from figures import DOTS
from poseglass.core.export import Choice, draft, draw_video, drawn_score, export_table, preview
from poseglass.core.plugins import make_smoother
from poseglass.core.store.document import Document
from poseglass.core.store.footage import footage_of
from poseglass.core.store.recordings import record
from poseglass.core.video.video import Video
from poseglass.errors import OutputError
from poseglass.types import Poses, State


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """Frames 5 to 24 of a clip analysed, one keypoint placed by hand."""
    clip = clips.write(tmp_path / "clip.mp4", clips.variable(45))
    with Video.open(clip.path) as video:
        made = Document(footage_of(video.info), DOTS)
    rng = np.random.default_rng(0)
    for frame in range(5, 25):
        xy = np.array([[[20.0 + frame, 40], [60.0 + frame, 40]]]) + rng.normal(0, 1, (1, 2, 2))
        made.put(frame, Poses(xy, np.full((1, 2), 0.8), np.tile(np.eye(2), (1, 2, 1, 1))), ["1"])
    made.move("1", 12, 0, (50.0, 60.0))
    return made


def info_of(document: Document):
    with Video.open(document.footage.path) as video:
        return video.info


def test_the_table_says_what_people_are_called_and_nothing_of_those_who_are_gone(document: Document, tmp_path: Path):
    name = document.split("1", 15)
    document.rename("1", "Anna")
    table, _ = export_table(draft(document.tracks), info_of(document), tmp_path / "a.csv", Choice())
    assert {line.split(",")[3] for line in table.read_text().splitlines()[1:]} == {"Anna", name}

    document.delete(name)
    assert [called for called, _, _ in draft(document.tracks).finish(make_smoother("kalman")).tracks] == ["Anna"]


def test_smoothing_later_is_the_same_as_smoothing_at_once(document: Document):
    later = draft(document.tracks).finish(make_smoother("kalman"))
    at_once = record(document.tracks, make_smoother("kalman"))

    np.testing.assert_array_equal(later.frame_index, at_once.frame_index)
    for (name, raw, smooth), (other_name, other_raw, other_smooth) in zip(later.tracks, at_once.tracks, strict=True):
        assert name == other_name
        assert smooth is not None
        assert other_smooth is not None
        np.testing.assert_array_equal(raw.xy, other_raw.xy)
        np.testing.assert_array_equal(smooth.xy, other_smooth.xy)
        np.testing.assert_array_equal(smooth.state, other_smooth.state)


def test_a_draft_is_not_changed_by_later_edits(document: Document):
    taken = draft(document.tracks)
    before = taken.finish(make_smoother("kalman")).tracks[0][2]
    document.move("1", 13, 0, (0.0, 0.0))
    after = taken.finish(make_smoother("kalman")).tracks[0][2]

    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before.xy, after.xy)


def test_the_sidecar_says_which_estimator_measured_which_frames(document: Document, tmp_path: Path):
    for model, frames in (("fast", range(5, 25)), ("default", range(10, 13))):
        for frame in frames:
            document.put(frame, Poses.missing(2), ["1"], facts={"estimator": "dots", "model": model})
    _, sidecar = export_table(draft(document.tracks), info_of(document), tmp_path / "a.csv", Choice(smoother="kalman"))

    first, second, smoother = json.loads(sidecar.read_text(encoding="utf-8"))["plugins"]
    assert first == {"estimator": "dots", "model": "fast", "frame_ranges": "5-9, 13-24"}
    assert second == {"estimator": "dots", "model": "default", "frame_ranges": "10-12"}
    assert smoother["smoother"] == "kalman"


@pytest.mark.parametrize("smoother", [None, "kalman"])
def test_the_preview_is_the_beginning_of_the_table(document: Document, tmp_path: Path, smoother: str | None):
    choice = Choice(smoother=smoother)
    table, _ = export_table(draft(document.tracks), info_of(document), tmp_path / "out.csv", choice)
    shown = preview(draft(document.tracks), choice, 4)

    assert table.read_text().startswith(shown)
    assert shown.count("\n") == 5


def test_the_previews_last_speed_knows_the_frame_behind_it(document: Document, tmp_path: Path):
    choice = Choice(smoother="kalman", angles=True)
    table, _ = export_table(draft(document.tracks), info_of(document), tmp_path / "out.csv", choice)

    assert table.read_text().startswith(preview(draft(document.tracks), choice, 4))
    assert "left_dot.speed_px_s" in table.read_text()


def test_a_drawn_video_that_is_stopped_plays(document: Document, tmp_path: Path):
    done: list[int] = []
    recording, info = draft(document.tracks).finish(None), info_of(document)
    whole = draw_video(
        recording, info, range(5, 20), tmp_path / "out.mp4", lambda n, _: done.append(n), lambda: len(done) == 6
    )
    with Video.open(tmp_path / "out.mp4") as video:
        assert video.info.n_frames == 6
    assert not whole


def test_the_video_itself_is_never_written_over(document: Document):
    path = document.footage.path
    before = path.read_bytes()
    with pytest.raises(OutputError):
        draw_video(draft(document.tracks).recording, info_of(document), range(5), path, lambda *_: None, lambda: False)
    with pytest.raises(OutputError):
        export_table(draft(document.tracks), info_of(document), path, Choice())

    assert path.read_bytes() == before


def test_bridged_and_placed_keypoints_are_drawn_missing_ones_are_not():
    state = np.array([State.MISSING, State.OBSERVED, State.INTERPOLATED, State.PREDICTED, State.EDITED], np.uint8)

    np.testing.assert_array_equal(drawn_score(np.full(5, 0.1), state), [0, 0.1, 0.5, 0.1, 0.5])
