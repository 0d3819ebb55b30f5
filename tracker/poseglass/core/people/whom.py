"""Whom to follow, where more people are there than are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from poseglass.types import Boxes
from poseglass_models.boxes import areas

MOST = 10
"""People that are followed at once: a crowd would take a second a frame."""
Preference = Literal["largest", "center"]


@dataclass(frozen=True)
class Whom:
    """Everybody, unless something else is said."""

    most: int = MOST
    preference: Preference = "largest"  # who comes first where more people are there
    track: str | None = None  # this one of everybody, by the name they get
    box: tuple[float, float, float, float] | None = None  # x0, y0, x1, y1: who is there in the first frame, nobody else
    at_s: float | None = None  # when the box is, in seconds since the video's first frame; None: where it begins

    @property
    def is_everybody(self) -> bool:
        """Whether nobody was left out by choice."""
        return self.most >= MOST and self.track is None and self.box is None

    @property
    def text(self) -> str:
        """Say it in a word or two, for who wants to do the same again."""
        if self.box is not None:
            x0, y0, x1, y1 = self.box
            return f"in the box {x0:g},{y0:g},{x1 - x0:g},{y1 - y0:g}"
        if self.track is not None:
            return f"track {self.track}"
        number = "everybody, at most" if self.most >= MOST else "at most"
        return f"{number} {self.most}, {'largest' if self.preference == 'largest' else 'nearest to the middle'} first"

    def order(self, boxes: Boxes, width: int, height: int) -> Sequence[int]:
        """Return the rows of boxes (P, 4) in a picture, those first who are to be followed first."""
        if self.preference == "largest":
            return [int(row) for row in np.argsort(-areas(boxes), kind="stable")]
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        away = np.linalg.norm((boxes[:, :2] + boxes[:, 2:]) / 2 - middle, axis=1)
        return [int(row) for row in np.argsort(away, kind="stable")]
