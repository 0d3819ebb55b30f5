import dataclasses

import numpy as np
import pytest

from poseglass_models.skeleton import COCO_17, LSP_14, MPII_16, PERSON_19, Skeleton

FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
CROOKED = Skeleton(
    ("nose", "left_eye", "tail", "right_eye", "left_horn"), (("nose", "tail"), ("left_eye", "right_eye"))
)


@pytest.mark.parametrize("skeleton", [LSP_14, COCO_17, PERSON_19, MPII_16, CROOKED])
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


def reached_from(skeleton: Skeleton, name: str) -> set[str]:
    """Return the keypoints that edges lead to."""
    reached = {name}
    for _ in skeleton.names:
        reached |= {end for edge in skeleton.edges if reached & set(edge) for end in edge}
    return reached


@pytest.mark.parametrize("skeleton", [LSP_14, PERSON_19])
def test_edges_mirror_onto_themselves_and_none_repeats(skeleton: Skeleton) -> None:
    edges = {frozenset(edge) for edge in skeleton.edge_indices}
    order = skeleton.flip_order

    assert len(edges) == len(skeleton.edges)
    assert {frozenset(int(order[place]) for place in edge) for edge in edges} == edges


def test_lsp_edges_join_all_keypoints() -> None:
    assert reached_from(LSP_14, "neck") == set(LSP_14.names)


def test_a_person_has_lsps_edges_on_the_body_and_cocos_on_the_face() -> None:
    body = {frozenset(edge) for edge in PERSON_19.edges if not set(edge) & set(FACE)}

    assert body == {frozenset(edge) for edge in LSP_14.edges}
    assert reached_from(PERSON_19, "neck") == set(LSP_14.names)
    assert reached_from(PERSON_19, "nose") == set(FACE)
    on_face = {frozenset(edge) for edge in PERSON_19.edges if set(edge) <= set(FACE)}
    assert on_face <= {frozenset(edge) for edge in COCO_17.edges}


def test_a_person_has_cocos_keypoints_in_cocos_places_and_what_lsp_has_more() -> None:
    assert PERSON_19.names[:17] == COCO_17.names
    assert set(PERSON_19.names) == set(COCO_17.names) | set(LSP_14.names)
    assert len(PERSON_19) == 19


def test_flipping_a_person_swaps_left_and_right_and_leaves_the_middle() -> None:
    swapped = [PERSON_19.names[place] for place in PERSON_19.flip_order]

    for name, twin in zip(PERSON_19.names, swapped, strict=True):
        side = name.partition("_")[0]
        expected = {"left": "right", "right": "left"}
        assert twin == (name.replace(side, expected[side], 1) if side in expected else name)
    assert [name for name, twin in zip(PERSON_19.names, swapped, strict=True) if name == twin] == [
        "nose", "neck", "head_top",
    ]  # fmt: skip


@pytest.mark.parametrize("skeleton", [LSP_14, COCO_17, PERSON_19, MPII_16, CROOKED])
def test_the_body_is_all_but_the_face(skeleton: Skeleton) -> None:
    names = [skeleton.names[place] for place in skeleton.body]

    assert names == [name for name in skeleton.names if name not in FACE]


@pytest.mark.parametrize("skeleton", [Skeleton(FACE), Skeleton(("nose", "left_ear")), Skeleton(("tip", "root"))])
def test_where_nothing_is_known_but_a_face_all_is_body(skeleton: Skeleton) -> None:
    assert skeleton.body.tolist() == list(range(len(skeleton)))
    assert np.zeros((3, len(skeleton), 2))[:, skeleton.body].shape == (3, len(skeleton), 2)


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


@pytest.mark.parametrize(
    "name", ["=1+1", "+x", "-x", "@x", "", " ", " nose", "nose\n", "no\tse", "a\x1bb", "x" * 81, 5, None]
)
def test_what_cannot_head_a_column_is_no_keypoints_name(name: object):
    with pytest.raises(ValueError, match="a keypoint is called"):
        Skeleton(("nose", name))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["nose", "left wrist", "L-wrist", "1st", "нос", "鼻", "a,b", 'a"b', "x" * 80])
def test_whatever_people_call_a_keypoint_is_one(name: str):
    assert Skeleton((name,)).index(name) == 0
