"""Keypoint names, edges and flip pairs: what a pose is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
"""COCO's keypoints of the face: near one another, and out of sight on everybody who turns away."""


LONGEST_NAME = 80
"""Characters of a keypoint's name: it heads columns, and lists."""
FORMULA = tuple("=+-@")
"""What begins so is computed by spreadsheets when they open a table: a name could then do whatever a program can."""


def check_name(name: object) -> None:
    """Raise ValueError, which says why, for what cannot be a keypoint's name: it heads columns of tables."""
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        raise ValueError(f"a keypoint is called {name!r}; names are words, without blanks around them")
    if name.startswith(FORMULA) or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ValueError(
            f"a keypoint is called {name[:LONGEST_NAME]!r}; names have at most {LONGEST_NAME} printable characters and "
            f"begin with none of {' '.join(FORMULA)}, which make a formula of them in a spreadsheet"
        )


@dataclass(frozen=True)
class Skeleton:
    """Ordered keypoints of a pose and how they hang together. Raises ValueError for names that cannot be.

    names: unique keypoint names, as `check_name` has them; `left_`/`right_` from the person's own view.
    edges: pairs of names to draw a line between.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in self.names:
            check_name(name)
        unknown = {name for edge in self.edges for name in edge} - set(self.names)
        if len(set(self.names)) != len(self.names) or unknown:
            raise ValueError(f"keypoint names repeat or edges name no keypoint: {sorted(unknown)}")

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Return the place of a keypoint. Raises ValueError when there is none of that name."""
        if name not in self.names:
            raise ValueError(f"no keypoint {name!r}; there are {', '.join(self.names)}")
        return self.names.index(name)

    def spoken(self, keypoint: int | str) -> str:
        """Return how people say a keypoint, by its place or name, or what is named alike, as an angle: "left wrist"."""
        name = keypoint if isinstance(keypoint, str) else self.names[keypoint]
        return name.replace("_", " ")

    @property
    def edge_indices(self) -> tuple[tuple[int, int], ...]:
        """Edges as pairs of places in `names`."""
        return tuple((self.index(a), self.index(b)) for a, b in self.edges)

    @property
    def body(self) -> NDArray[np.intp]:
        """Places of the keypoints that are not of the face: those that say where a person is, and how large.

        Where there are only the face's, or keypoints that nobody knows, all are the body's.
        """
        body = [place for place, name in enumerate(self.names) if name not in FACE]
        return np.array(body or range(len(self)), dtype=np.intp)

    @property
    def flip_order(self) -> NDArray[np.intp]:
        """The place that each keypoint's mirror image has: swap `left_` and `right_` where both exist."""
        return np.array([self._mirror(name) for name in self.names], dtype=np.intp)

    def _mirror(self, name: str) -> int:
        for here, there in (("left_", "right_"), ("right_", "left_")):
            twin = there + name.removeprefix(here)
            if name.startswith(here) and twin in self.names:
                return self.index(twin)
        return self.index(name)


LSP_14 = Skeleton(
    names=(
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
        "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
        "neck", "head_top",
    ),
    edges=(
        ("right_ankle", "right_knee"), ("right_knee", "right_hip"), ("right_hip", "left_hip"),
        ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
        ("right_wrist", "right_elbow"), ("right_elbow", "right_shoulder"), ("right_shoulder", "neck"),
        ("neck", "left_shoulder"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
        ("right_shoulder", "right_hip"), ("left_shoulder", "left_hip"), ("neck", "head_top"),
    ),
)  # fmt: skip
"""Leeds Sports Pose (Johnson and Everingham 2010), in the order of its `joints.mat`."""

COCO_17 = Skeleton(
    names=(
        "nose", "left_eye", "right_eye", "left_ear", "right_ear",
        "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
        "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    ),
    edges=(
        ("left_ankle", "left_knee"), ("left_knee", "left_hip"), ("right_ankle", "right_knee"),
        ("right_knee", "right_hip"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"), ("left_shoulder", "right_shoulder"), ("left_shoulder", "left_elbow"),
        ("right_shoulder", "right_elbow"), ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"),
        ("left_eye", "right_eye"), ("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"),
        ("right_eye", "right_ear"), ("left_ear", "left_shoulder"), ("right_ear", "right_shoulder"),
    ),
)  # fmt: skip
"""COCO keypoints (Lin et al. 2014), names, order and edges of its annotation files."""

PERSON_19 = Skeleton(
    names=(*COCO_17.names, "neck", "head_top"),
    edges=(
        *LSP_14.edges,
        ("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear"),
    ),
)  # fmt: skip
"""COCO's keypoints, and the neck and the top of the head of Leeds Sports Pose: what our own networks find."""

MPII_16 = Skeleton(
    names=(
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
        "pelvis", "thorax", "upper_neck", "head_top",
        "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist",
    ),
    edges=(
        ("right_ankle", "right_knee"), ("right_knee", "right_hip"), ("right_hip", "pelvis"),
        ("left_ankle", "left_knee"), ("left_knee", "left_hip"), ("left_hip", "pelvis"),
        ("pelvis", "thorax"), ("thorax", "upper_neck"), ("upper_neck", "head_top"),
        ("right_wrist", "right_elbow"), ("right_elbow", "right_shoulder"), ("right_shoulder", "thorax"),
        ("left_wrist", "left_elbow"), ("left_elbow", "left_shoulder"), ("left_shoulder", "thorax"),
    ),
)  # fmt: skip
"""MPII Human Pose (Andriluka et al. 2014), in the order of its point ids 0 to 15."""

COCO_SIGMAS = {
    "nose": 0.026, "eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072, "wrist": 0.062,
    "hip": 0.107, "knee": 0.087, "ankle": 0.089,
}  # fmt: skip
"""By how much annotators of COCO differ, in parts of the root of a person's area (cocodataset.org)."""
OTHER_SIGMA = 0.079
"""Of keypoints that COCO does not know: a shoulder's."""


def sigmas(names: Sequence[str]) -> NDArray[np.float64]:
    """Return by how much annotators differ on keypoints of these names, (K,), in parts of the root of the area."""
    return np.array([COCO_SIGMAS.get(name.rpartition("_")[2], OTHER_SIGMA) for name in names])
