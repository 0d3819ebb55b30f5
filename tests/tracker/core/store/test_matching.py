from dataclasses import replace

import numpy as np
import pytest

from poseglass.core.store.correction_list import corrections
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Change, Document
from poseglass.core.store.matching import joined, matching_text, places_in, spread
from poseglass.errors import SessionError
from poseglass.types import Floats, Poses, Skeleton
from poseglass_models.skeleton import COCO_17, LSP_14, PERSON_19
from sessions import footage

FRAMES = 12


def poses_of(skeleton: Skeleton, t: int) -> Poses:
    """A pose in which every keypoint's x is told by its name, its y by the frame."""
    x = [float(PERSON_19.index(name)) for name in skeleton.names]
    xy = np.stack([x, np.full(len(x), float(t))], axis=-1)[None] * 10
    return Poses(xy, np.full((1, len(x)), 0.9), np.tile(np.eye(2), (1, len(x), 1, 1)))


def look(document: Document, skeleton: Skeleton, frames: range = range(FRAMES)) -> None:
    document.take_skeleton(skeleton)
    for t in frames:
        document.put(t, poses_of(skeleton, t), ["1"], facts={"model": f"{len(skeleton)} keypoints"})


def analysed(skeleton: Skeleton = LSP_14) -> Document:
    document = Document(footage(FRAMES))
    look(document, skeleton)
    return document


def by_name(document: Document) -> dict[str, Floats]:
    """Everybody's corrected x and y of each keypoint, (T, 2)."""
    track = document.tracks.corrected("1")
    return {name: track.xy[:, k] for k, name in enumerate(document.skeleton.names)}


def test_what_our_networks_find_holds_the_keypoints_that_they_found_before():
    assert joined(PERSON_19, LSP_14) == PERSON_19
    assert joined(LSP_14, PERSON_19) is PERSON_19


def test_a_joined_skeleton_has_the_new_keypoints_first_and_the_edges_of_the_others():
    both = joined(COCO_17, LSP_14)

    assert both.names == (*COCO_17.names, "neck", "head_top")
    assert set(both.edges) - set(COCO_17.edges) == {
        ("right_shoulder", "neck"),
        ("neck", "left_shoulder"),
        ("neck", "head_top"),
    }


def test_a_horse_is_not_joined_to_a_person():
    with pytest.raises(SessionError, match="none of them but 2 others, withers first"):
        joined(Skeleton(("withers", "dock")), LSP_14)


def test_poses_are_spread_by_place_and_others_are_missing():
    wide = spread(poses_of(LSP_14, 3), places_in(PERSON_19, LSP_14.names), 19)

    assert wide.xy[0, PERSON_19.index("neck")].tolist() == [170, 30]
    assert np.flatnonzero(np.isnan(wide.xy[0, :, 0])).tolist() == [0, 1, 2, 3, 4]
    assert (wide.score[0, :5] == 0).all()
    with pytest.raises(SessionError, match="poses of 14 keypoints do not fit a model of 17"):
        spread(poses_of(LSP_14, 3), places_in(PERSON_19, COCO_17.names), 19)


def test_what_becomes_of_poses_is_told_in_a_sentence():
    assert matching_text(LSP_14, LSP_14) == matching_text(PERSON_19, Skeleton(())) == ""
    assert matching_text(PERSON_19, LSP_14).endswith("looked: nose, left eye, right eye, left ear and right ear.")
    assert "Not found by this model, and missing where it looks: neck and head top." in matching_text(COCO_17, LSP_14)


@pytest.mark.parametrize(("before", "after"), [(LSP_14, PERSON_19), (PERSON_19, LSP_14), (LSP_14, COCO_17)])
def test_a_range_that_is_analysed_again_is_matched_by_name(before: Skeleton, after: Skeleton):
    document = analysed(before)
    look(document, after, range(4, 8))

    assert set(document.skeleton.names) == set(before.names) | set(after.names)
    for name, xy in by_name(document).items():
        there = np.isfinite(xy[:, 0])
        for frames, skeleton in ((range(4), before), (range(4, 8), after), (range(8, FRAMES), before)):
            assert (there[frames.start : frames.stop] == (name in skeleton.names)).all(), name
        assert (xy[there, 0] == 10 * PERSON_19.index(name)).all(), name
        assert (xy[there, 1] == 10.0 * np.arange(FRAMES)[there]).all()
    assert document.tracks.coverage.of_frame.tolist() == [0] * 4 + [1] * 4 + [0] * 4


def test_corrections_keep_to_their_names():
    document = analysed()
    document.move("1", 5, LSP_14.index("neck"), (7.0, 8.0))
    document.mark("1", 6, LSP_14.index("left_wrist"), Mark.MISSING)
    look(document, PERSON_19, range(3, 8))
    said = [
        (c.frames.start, document.skeleton.names[c.keypoint or 0], c.said.value) for c in corrections(document.tracks)
    ]

    assert by_name(document)["neck"][5].tolist() == [7, 8]
    assert np.isnan(by_name(document)["left_wrist"][6]).all()
    assert said == [(5, "neck", "placed"), (6, "left_wrist", "missing")]


def test_undo_and_redo_keep_to_the_names():
    document = analysed()
    document.move("1", 5, LSP_14.index("neck"), (7.0, 8.0))
    document.swap_sides("1", range(5, 7))
    document.move("1", 9, LSP_14.index("left_ankle"), (1.0, 2.0))
    document.undo()
    document.take_skeleton(PERSON_19)
    document.redo()
    assert by_name(document)["left_ankle"][9].tolist() == [1, 2]
    assert document.undo_text == "Move left ankle"
    document.undo()
    document.undo()
    document.undo()

    assert document.undo_text is None
    for name, xy in by_name(document).items():
        assert np.isnan(xy).all() if name not in LSP_14.names else (xy[:, 0] == 10 * PERSON_19.index(name)).all()


def test_sides_that_were_swapped_stay_swapped_and_take_the_new_keypoints_along():
    document = analysed()
    document.swap_sides("1", range(5, 7))
    look(document, PERSON_19, range(6, 7))
    seen = by_name(document)

    assert seen["left_wrist"][5:7, 0].tolist() == [10 * PERSON_19.index("right_wrist")] * 2
    assert seen["left_eye"][6, 0] == 10 * PERSON_19.index("right_eye")


def test_a_move_that_goes_on_ends_when_the_keypoints_change():
    document = analysed()
    neck = LSP_14.index("neck")
    document.move("1", 5, neck, (1.0, 1.0), ongoing=True)
    document.take_skeleton(PERSON_19)
    document.move("1", 5, PERSON_19.index("neck"), (2.0, 2.0))
    document.undo()

    assert by_name(document)["neck"][5].tolist() == [1, 1]


def test_poses_that_wait_are_those_of_the_estimator_before():
    document = analysed()
    document.arrivals.put(3, replace(poses_of(LSP_14, 3), xy=poses_of(LSP_14, 3).xy + 1), ["1"])
    document.take_skeleton(PERSON_19)

    assert by_name(document)["neck"][3].tolist() == [171, 31]


def test_watchers_are_told_the_new_numbers():
    document = analysed()
    told: list[Change] = []
    document.watch(told.append)
    document.take_skeleton(PERSON_19)
    document.take_skeleton(LSP_14)  # all of it is there already

    assert [change.renumbered for change in told] == [tuple(PERSON_19.index(name) for name in LSP_14.names)]
    assert told[0].frames == document.tracks.frames
    assert not told[0].by_user


def test_poses_of_neither_skeleton_are_refused():
    document = analysed(PERSON_19)
    document.take_skeleton(LSP_14)
    with pytest.raises(SessionError, match="poses of 19 keypoints do not fit a model of 14"):
        document.put(0, poses_of(PERSON_19, 0), ["1"])


def test_the_bodys_size_is_the_same_whatever_the_skeleton():
    document = analysed()
    size = document.tracks.body_size("1")
    document.take_skeleton(PERSON_19)

    assert document.tracks.body_size("1") == size


def test_a_refused_skeleton_changes_nothing():
    document = analysed()
    with pytest.raises(SessionError):
        document.take_skeleton(Skeleton(("withers", "dock")))
    document.put(2, poses_of(LSP_14, 2), ["1"])

    assert document.skeleton == LSP_14
