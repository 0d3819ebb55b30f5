"""Whole videos of ../shared/data, followed by the command line with its own choices, and measured.

Half a minute each on one core: run with -m slow.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hand_boxes import measure, read_boxes
from poseglass_train.data.composed import beside, over
from poseglass_train.evaluate.tracked import track
from poseglass_train.evaluate.tracking import Scores, evaluate_tracking

SHARED = Path(__file__).parents[2] / "shared" / "data"
LABELS = Path(__file__).parent / "labels"
CPU = torch.device("cpu")


def shared(*names: str) -> list[Path]:
    """Return files of ../shared/data; skips the test where one is missing."""
    paths = [SHARED / name for name in names]
    for path in paths:
        if not path.exists():
            pytest.skip(f"no ../shared/data/{path.relative_to(SHARED)}")
    return paths


def scores_of(folder: Path) -> Scores:
    pytest.importorskip("trackeval")
    return evaluate_tracking(folder, "default", CPU, "oks")[0]["all"]


@pytest.mark.slow
def test_the_man_and_the_woman_are_followed_and_never_swapped() -> None:
    """Sports2D's clip: he turns a somersault before the sun off a roof, she walks under him from tree to edge."""
    (video,) = shared("videos/walk_sports2d.mp4")
    found = measure(
        track([video], "default", CPU)[0], read_boxes(Path(__file__).parent / "labels" / "walk_sports2d.json")
    )

    assert found.covered >= 0.9, found
    assert found.swapped == ()
    assert found.jumps == ()


@pytest.mark.slow
def test_a_box_at_half_a_second_follows_the_performer_alone_in_both_directions() -> None:
    """A bystander comes in front of him, whom the detector sees first."""
    (video,) = shared("videos/two_people_pose2sim.mp4")
    table = track([video], "default", CPU, ["--box", "171,424,571,755@0.5"])[0]
    found = measure(table, read_boxes(LABELS / "two_people_pose2sim.json"))

    assert {row["track"] for row in table} == {"1"}
    assert len(table) == 100
    assert found.covered >= 0.9, found
    assert found.jumps == ()


@pytest.mark.slow
def test_two_people_who_cross_under_a_pan_keep_their_ids(tmp_path: Path) -> None:
    for path in shared("synthetic/two_people_pan.mp4", "synthetic/two_people_pan.json"):
        (tmp_path / path.name).symlink_to(path)
    scores = scores_of(tmp_path)

    assert (scores.people, scores.tracks, scores.switches) == (2, 2, 0), scores
    assert scores.missed <= 9, scores  # in the first frames the one behind is hidden


@pytest.mark.slow
def test_people_who_come_and_go_keep_their_ids(tmp_path: Path) -> None:
    walk, jacks = shared("synthetic/static_walk.mp4", "synthetic/pan_jacks.mp4")
    beside(jacks, walk, tmp_path)
    scores = scores_of(tmp_path)

    assert (scores.tracks, scores.switches) == (2, 0), scores
    assert scores.idf1 >= 95, scores


@pytest.mark.slow
def test_of_people_who_walk_through_each_other_nobody_else_is_made(tmp_path: Path) -> None:
    """At the same place, one over the other: their ids are changed for moments, and come back."""
    walk, jacks = shared("synthetic/static_walk.mp4", "synthetic/pan_jacks.mp4")
    over(walk, jacks, tmp_path)
    scores = scores_of(tmp_path)

    assert scores.tracks == 2, scores
    assert scores.switches <= 2, scores
    assert scores.idf1 >= 85, scores
