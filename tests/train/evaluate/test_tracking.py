"""Tracks of a few frames whose scores can be worked out by hand."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from made_clips import BODY, body_row, make_clip, write_clip
from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14, MPII_16
from poseglass_train.cli import main
from poseglass_train.data.labelled_clips import HIDDEN, OUTSIDE, LabelledClip
from poseglass_train.evaluate.metrics import LIMBS
from poseglass_train.evaluate.tracked import poses_by_frame
from poseglass_train.evaluate.tracking import Scores, Similarity, as_sequence, box_overlap, oks, score, scores_text

pytest.importorskip("trackeval")

FRAMES = 10
HERE, THERE = (20.0, 60.0), (220.0, 60.0)
ALL = np.ones(12, dtype=bool)
LIMBS_OF_BODY = BODY[[MPII_16.index(name) for name in LIMBS]]


def people(*corners: tuple[float, float]) -> LabelledClip:
    """Return people who stand still."""
    return make_clip(Path("a.mp4"), {i: np.tile(corner, (FRAMES, 1)) for i, corner in enumerate(corners)})


def scored(
    clip: LabelledClip, found: Mapping[tuple[int, str], tuple[float, float]], similarity: Similarity = oks
) -> Scores:
    """Score bodies found by frame and track at their places."""
    rows = [body_row(frame, track, corner) for (frame, track), corner in found.items()]
    return score({"a": as_sequence(clip, poses_by_frame(rows, LIMBS), similarity)})["all"]


@pytest.mark.parametrize("similarity", [oks, box_overlap])
def test_the_labels_themselves_score_100(similarity: Similarity) -> None:
    found = {(t, track): corner for t in range(FRAMES) for track, corner in (("1", HERE), ("2", THERE))}

    assert scored(people(HERE, THERE), found, similarity) == Scores(100, 100, 100, 100, 100, 0, 0, 0, 0, 2, 2)


def test_a_new_id_halfway_is_one_switch() -> None:
    """Either id fits half of the frames: association 5 / (10 + 5 - 5), HOTA its root; IDF1 5 / (5 + 5 / 2 + 5 / 2)."""
    scores = scored(people(HERE), {(t, "1" if t < 5 else "2"): HERE for t in range(FRAMES)})

    assert (scores.det_a, scores.ass_a) == pytest.approx((100, 50))
    assert scores.hota == pytest.approx(100 * 0.5**0.5)
    assert (scores.idf1, scores.mota) == pytest.approx((50, 90))
    assert (scores.switches, scores.fragments, scores.people, scores.tracks) == (1, 0, 1, 2)


def test_two_people_whose_ids_are_swapped_are_two_switches() -> None:
    """Each id fits 5 of its 10 frames: association 5 / (10 + 10 - 5)."""
    found = {(t, "12"[(t < 5) ^ (corner == HERE)]): corner for t in range(FRAMES) for corner in (HERE, THERE)}
    scores = scored(people(HERE, THERE), found)

    assert scores.ass_a == pytest.approx(100 / 3)
    assert (scores.switches, scores.idf1, scores.missed, scores.false) == (2, pytest.approx(50), 0, 0)


def test_a_missed_frame_is_a_miss_and_a_fragment() -> None:
    """Of 20 there 19 are found, 9 of them with an id that fits 9 of 10 frames, 10 with one that fits all.

    Somebody else is found in every frame: where nobody at all is, trackeval sees no fragment.
    """
    found = {(t, track): corner for t in range(FRAMES) for track, corner in (("1", HERE), ("2", THERE))}
    del found[4, "1"]
    scores = scored(people(HERE, THERE), found)

    assert (scores.det_a, scores.mota) == pytest.approx((95, 95))
    assert scores.ass_a == pytest.approx(100 * (9 * 0.9 + 10) / 19)
    assert scores.idf1 == pytest.approx(100 * 19 / 19.5)
    assert (scores.switches, scores.fragments, scores.missed, scores.false) == (0, 1, 1, 0)


def test_a_person_who_is_nobody_is_false_in_every_frame() -> None:
    scores = scored(
        people(HERE), {(t, track): corner for t in range(FRAMES) for track, corner in (("1", HERE), ("2", THERE))}
    )

    assert (scores.det_a, scores.ass_a, scores.mota) == pytest.approx((50, 100, 0))
    assert scores.idf1 == pytest.approx(100 * 10 / 15)
    assert (scores.missed, scores.false, scores.tracks) == (0, 10, 2)


def test_who_can_hardly_be_seen_is_neither_missed_nor_false() -> None:
    """Behind somebody in the first five frames, with three keypoints to be seen; out of the picture in the last two."""
    clip = people(HERE, THERE)
    clip.visible_TPK[:5, 1, 3:] = HIDDEN
    clip.visible_TPK[8:, 1] = OUTSIDE
    first = {(t, "1"): HERE for t in range(FRAMES)}
    perfect = Scores(100, 100, 100, 100, 100, 0, 0, 0, 0, 2, 2)

    assert scored(clip, {**first, **{(t, "2"): THERE for t in range(5, 8)}}) == perfect
    assert scored(clip, {**first, **{(t, "2"): THERE for t in range(8)}}) == perfect
    assert scored(clip, first).missed == 3


def test_nobody_found_is_a_score_of_zero() -> None:
    scores = scored(people(HERE), {})

    assert (scores.hota, scores.idf1, scores.missed, scores.tracks) == (0, 0, FRAMES, 0)


def test_keypoint_similarity_is_cocos() -> None:
    """Of a body of 60 x 120: exp(-d^2 / (2 area (2 sigma)^2)), the area 0.53 of the box's."""
    moved = LIMBS_OF_BODY.copy()
    moved[LIMBS.index("left_wrist")] += (6, 8)
    width, height = np.ptp(LIMBS_OF_BODY, axis=0)
    wrist = np.exp(-100 / (2 * 0.53 * width * height * 0.124**2))

    assert oks(LIMBS_OF_BODY, ALL, LIMBS_OF_BODY) == 1
    assert oks(moved, ALL, LIMBS_OF_BODY) == pytest.approx((11 + wrist) / 12)


def test_what_is_missing_counts_against_it_and_what_is_outside_does_not() -> None:
    some = LIMBS_OF_BODY.copy()
    some[:3] = np.nan
    inside = np.arange(12) >= 2

    assert oks(some, ALL, LIMBS_OF_BODY) == pytest.approx(9 / 12)
    assert oks(some, inside, LIMBS_OF_BODY) == pytest.approx(9 / 10)
    assert oks(some, ~ALL, LIMBS_OF_BODY) == box_overlap(some, ~ALL, LIMBS_OF_BODY) == 0


def test_boxes_moved_by_half_their_width_overlap_by_a_third() -> None:
    half = np.ptp(LIMBS_OF_BODY, axis=0) * (0.5, 0)

    assert box_overlap(LIMBS_OF_BODY + half, ALL, LIMBS_OF_BODY) == pytest.approx(1 / 3)
    assert box_overlap(LIMBS_OF_BODY + 4 * half, ALL, LIMBS_OF_BODY) == 0


def test_each_clip_is_a_line() -> None:
    sequences = {name: as_sequence(people(HERE), {}, oks) for name in ("a", "long_name")}
    lines = scores_text(score(sequences)).splitlines()

    assert [line.split()[0] for line in lines] == ["HOTA", "a", "long_name", "all"]
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].split()[-4:] == ["20", "0", "2", "0"]


@pytest.fixture
def model(tmp_path: Path) -> str:
    config = NetworkConfig(stacks=1, channels=8)
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, 64, LSP_14))
    return str(tmp_path / "model.safetensors")


def test_the_command_scores_the_tracker_and_says_by_which_rule(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The network is noise: what it finds does not matter, nor whether it finds any."""
    write_clip(make_clip(tmp_path / "a.mp4", {0: np.tile(HERE, (4, 1))}))
    options = ["--data", str(tmp_path), "--model", model, "--device", "cpu", "--json", str(tmp_path / "out.json")]

    options += ["--similarity", "boxes", "--sheets", str(tmp_path / "seen"), "--detector", "whole_picture"]
    assert main(["evaluate", "tracking", *options, "--set", "flip=true"]) == 0
    told = capsys.readouterr().out.splitlines()
    written = json.loads((tmp_path / "out.json").read_text())
    assert [line.split()[0] for line in told] == ["HOTA", "a", "all", "similarity:", "wrote"]
    assert "overlap of the boxes of 12 keypoints" in told[3]
    assert (tmp_path / "seen" / "a_1.jpg").is_file()
    assert written["scores"]["a"]["people"] == 1
    assert written["rule"] in told[3]
    assert written["tracker_options"] == ["--detector", "whole_picture", "--set", "flip=true"]


def test_without_trackeval_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "trackeval", None)

    assert main(["evaluate", "tracking", "--data", str(tmp_path), "--model", "fast"]) == 2
    assert "pip install 'poseglass[tracking]'" in capsys.readouterr().err


def test_a_folder_without_clips_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "tracking", "--data", str(tmp_path), "--model", "fast"]) == 2
    assert "found none" in capsys.readouterr().err
