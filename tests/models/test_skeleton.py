import dataclasses

import numpy as np
import pytest

from poseglass_models.skeleton import LSP_14, Skeleton

CROOKED = Skeleton(
    ("nose", "left_eye", "tail", "right_eye", "left_horn"), (("nose", "tail"), ("left_eye", "right_eye"))
)


@pytest.mark.parametrize("skeleton", [LSP_14, CROOKED])
def test_flipping_twice_changes_nothing(skeleton: Skeleton) -> None:
    order = skeleton.flip_order

    assert (order[order] == np.arange(len(skeleton))).all()


def test_flipping_swaps_left_and_right_where_both_exist() -> None:
    assert CROOKED.flip_order.tolist() == [0, 3, 2, 1, 4]


def test_flipping_lsp_moves_every_limb_and_neither_neck_nor_head() -> None:
    swapped = [LSP_14.names[place] for place in LSP_14.flip_order]

    for name, twin in zip(LSP_14.names, swapped, strict=True):
        assert (name == twin) == (name in {"neck", "head_top"})
        assert name.split("_")[-1] == twin.split("_")[-1]


def test_lsp_keypoints_are_in_the_order_of_its_release() -> None:
    short = [name.replace("right_", "R ").replace("left_", "L ") for name in LSP_14.names]

    assert ", ".join(short) == (
        "R ankle, R knee, R hip, L hip, L knee, L ankle, R wrist, R elbow, R shoulder, L shoulder, L elbow, L wrist, "
        "neck, head_top"
    )


def test_lsp_edges_join_all_keypoints_and_mirror_onto_themselves() -> None:
    edges = {frozenset(edge) for edge in LSP_14.edge_indices}
    order = LSP_14.flip_order

    assert len(edges) == len(LSP_14.edges)
    assert {frozenset(int(order[place]) for place in edge) for edge in edges} == edges
    reached = {0}
    for _ in LSP_14.names:
        reached |= {place for edge in edges if edge & reached for place in edge}
    assert reached == set(range(14))


def test_edges_are_places_in_the_names() -> None:
    assert CROOKED.edge_indices == ((0, 2), (1, 3))
    assert len(CROOKED) == 5
    assert CROOKED.index("tail") == 2


def test_keypoints_are_said_in_words_by_place_or_name() -> None:
    assert CROOKED.spoken(1) == CROOKED.spoken("left_eye") == "left eye"
    assert CROOKED.spoken("trunk_tilt") == "trunk tilt"


def test_an_unknown_keypoint_has_no_place() -> None:
    with pytest.raises(ValueError, match="wing"):
        CROOKED.index("wing")


def test_an_edge_to_no_keypoint_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="wing"):
        Skeleton(("nose",), (("nose", "wing"),))


def test_keypoint_names_do_not_repeat() -> None:
    with pytest.raises(ValueError, match="repeat"):
        Skeleton(("nose", "nose"))


def test_a_skeleton_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LSP_14.names = ()  # type: ignore[misc]
