from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from poseglass_models.skeleton import COCO_17, LSP_14
from poseglass_train.data.labelled import LabelledImages, without_boxes
from poseglass_train.data.pseudo_labels import Correction, correct
from poseglass_train.errors import DatasetError

LIMBS = [name for name in LSP_14.names if name in COCO_17.names]


def truth() -> dict[str, tuple[float, float]]:
    """Return a standing person seen from the front, torso 100 px high, 40 px wide."""
    rows = {
        "shoulder": (20, 0),
        "elbow": (45, 40),
        "wrist": (60, 80),
        "hip": (20, 100),
        "knee": (22, 150),
        "ankle": (25, 200),
    }
    sides = {"left": 1, "right": -1}
    body = {
        f"{side}_{part}": (200 + sign * x, 300.0 + y) for side, sign in sides.items() for part, (x, y) in rows.items()
    }
    return {**body, "neck": (200, 290), "head_top": (200, 250)}  # fmt: skip


def label(**changes: tuple[float, float]) -> NDArray[np.float32]:
    return np.array([{**truth(), **changes}[name] for name in LSP_14.names], dtype=np.float32)


def labelled(*labels: NDArray[np.float32]) -> LabelledImages:
    paths = tuple(Path(f"{i}.jpg") for i in range(len(labels)))
    return without_boxes(paths, np.stack(labels), LSP_14)


def opinion(path: Path, count: int, unsure: dict[str, float] | None = None) -> Path:
    """Write what the network says of so many images of that person; `unsure` keypoints have such a spread."""
    xy = np.zeros((count, 17, 2), dtype=np.float32)
    score, spread = np.full((count, 17), 0.8), np.full((count, 17), 0.02)
    for name in LIMBS:
        xy[:, COCO_17.index(name)] = truth()[name]
    for name, value in (unsure or {}).items():
        spread[:, COCO_17.index(name)] = value
    np.savez(path, keypoints=xy, score=score, spread=spread)
    return path


def test_labels_that_agree_are_left_as_they_are(tmp_path: Path) -> None:
    near = label(left_knee=(225, 455))
    corrected, done = correct(labelled(near), opinion(tmp_path / "o.npz", 1))

    np.testing.assert_array_equal(corrected.xy_NK2[0], near)
    assert done == Correction(swapped=0, kept=12, replaced=0, added=0, dropped=0)


def test_left_and_right_are_swapped_back(tmp_path: Path) -> None:
    swapped = label()[LSP_14.flip_order]
    corrected, done = correct(labelled(swapped, label()), opinion(tmp_path / "o.npz", 2))

    np.testing.assert_array_equal(corrected.xy_NK2, np.stack([label(), label()]))
    assert done.swapped == 1


def test_a_sure_network_replaces_what_lies_elsewhere_and_adds_what_is_missing(tmp_path: Path) -> None:
    wrong = label(left_knee=(300, 300), right_wrist=(np.nan, np.nan))
    corrected, done = correct(labelled(wrong), opinion(tmp_path / "o.npz", 1))

    np.testing.assert_array_equal(corrected.xy_NK2[0], label())
    assert done == Correction(swapped=0, kept=10, replaced=1, added=1, dropped=0)


def test_where_the_network_doubts_a_label_far_off_is_dropped_and_a_near_one_kept(tmp_path: Path) -> None:
    wrong = label(left_knee=(300, 300), right_knee=(210, 460), left_ankle=(np.nan, np.nan))
    unsure = {"left_knee": 0.3, "right_knee": 0.3, "left_ankle": 0.3}
    corrected, done = correct(labelled(wrong), opinion(tmp_path / "o.npz", 1, unsure))

    expected = label(left_knee=(np.nan, np.nan), right_knee=(210, 460), left_ankle=(np.nan, np.nan))
    np.testing.assert_array_equal(corrected.xy_NK2[0], expected)
    assert done == Correction(swapped=0, kept=10, replaced=0, added=0, dropped=1)


def test_keypoints_that_coco_lacks_stay(tmp_path: Path) -> None:
    odd = label(neck=(0, 0), head_top=(np.nan, np.nan))

    np.testing.assert_array_equal(correct(labelled(odd), opinion(tmp_path / "o.npz", 1))[0].xy_NK2[0], odd)


def test_a_second_opinion_on_other_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="on 3 images, there are 1"):
        correct(labelled(label()), opinion(tmp_path / "o.npz", 3))


def test_a_missing_or_damaged_second_opinion_is_named(tmp_path: Path) -> None:
    (tmp_path / "o.npz").write_bytes(b"no")

    for name in ("o.npz", "gone.npz"):
        with pytest.raises(DatasetError, match=rf"{name}: looked for keypoints, score and spread"):
            correct(labelled(label()), tmp_path / name)
