"""What a detector is to answer for a view, and what it loses by answering otherwise.

Shapes: B batch, H x W cells, N people, M places where nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import generalized_box_iou_loss

from poseglass_models.boxes import areas
from poseglass_models.detector import STRIDE, Answer, edges
from poseglass_train.training.framing import View

DEVIATION = 0.1
"""Of the Gaussian around a centre: of the box's width and height, on each axis."""
LEAST_DEVIATION = 0.5
"""Cells; a Gaussian narrower than a cell would fall between them."""
ANSWERING = 0.4
"""Height of the Gaussian from which on a cell, too, is to say the box."""
POWER, FORGIVING = 2.0, 4.0
"""Of the focal loss (Lin et al. 2017), as CenterNet shaped it: how little what is nearly right counts, and how much is
forgiven near a centre."""
BOX_WEIGHT, SIZE_WEIGHT = 2.0, 0.2
"""Of overlap and of the sizes' logarithms beside the centre's loss."""

Floats = NDArray[np.float32]


class Target(NamedTuple):
    """heat (B, 1, H, W): 1 at centres, falling around them. known (B, 1, H, W): 0 where nobody knows, else 1.

    edges (B, 4, H, W): x0, y0, x1, y1 in cells of the box to be said there. share (B, 1, H, W): how much of its
    person's loss a cell answers for; a person's sum to 1. people: how many there are.
    """

    heat: Tensor
    known: Tensor
    edges: Tensor
    share: Tensor
    people: int

    def to(self, device: torch.device) -> Target:
        """Return the same on another device."""
        heat, known, edges, share = (each.to(device) for each in (self.heat, self.known, self.edges, self.share))
        return Target(heat, known, edges, share, self.people)


def target(views: Sequence[View]) -> Target:
    """Return what is to be answered for a batch of views of one size."""
    each = [_of_view(view) for view in views]
    heat, known, box, share = (torch.from_numpy(np.stack(parts)) for parts in zip(*each, strict=True))
    return Target(heat[:, None], known[:, None], box, share[:, None], sum(len(view.boxes_N4) for view in views))


def _of_view(view: View) -> tuple[Floats, Floats, Floats, Floats]:
    rows, columns = (side // STRIDE for side in view.image.shape[:2])
    heat_HW, share_HW = (np.zeros((rows, columns), dtype=np.float32) for _ in range(2))
    known_HW, edges_4HW = np.ones((rows, columns), np.float32), np.zeros((4, rows, columns), np.float32)
    owner_HW = np.full((rows, columns), -1)
    for x0, y0, x1, y1 in (view.unknown_M4 + 0.5) / STRIDE:
        known_HW[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = 0
    boxes_N4 = (view.boxes_N4 + 0.5) / STRIDE
    order = np.argsort(-areas(boxes_N4), kind="stable")  # who is small, and so in front of nobody, is heard last
    for number in order:
        gauss_HW = _gaussian(boxes_N4[number], rows, columns)
        answers_HW = gauss_HW >= ANSWERING
        np.maximum(heat_HW, gauss_HW, out=heat_HW)
        owner_HW[answers_HW], share_HW[answers_HW] = number, gauss_HW[answers_HW]
        edges_4HW[:, answers_HW] = boxes_N4[number][:, None]
    for number in order:
        own_HW = owner_HW == number
        if own_HW.any():
            share_HW[own_HW] /= share_HW[own_HW].sum()
    known_HW[heat_HW == 1] = 1
    return heat_HW, known_HW, edges_4HW, share_HW


def _gaussian(box_4: NDArray[np.float64], rows: int, columns: int) -> Floats:
    """Return a Gaussian (H, W) around the cell that holds a box's centre, 1 there."""
    along = []
    for axis, count in enumerate((columns, rows)):
        centre, length = (box_4[axis] + box_4[axis + 2]) / 2, box_4[axis + 2] - box_4[axis]
        off = np.arange(count) - np.clip(int(centre), 0, count - 1)
        along.append(np.exp(-((off / max(LEAST_DEVIATION, DEVIATION * length)) ** 2) / 2))
    return np.outer(along[1], along[0]).astype(np.float32)


def loss(answer: Answer, wanted: Target) -> Tensor:
    """Return the loss a person."""
    people = max(1, wanted.people)
    answers = wanted.share > 0
    share_N = wanted.share[answers]
    said_N4, right_N4 = (each.movedim(1, -1)[answers[:, 0]] for each in (edges(answer.box), wanted.edges))
    overlap: Tensor = (generalized_box_iou_loss(said_N4, right_N4) * share_N).sum()
    size_N2 = answer.box[:, 2:].movedim(1, -1)[answers[:, 0]]
    right_size_N2 = (right_N4[:, 2:] - right_N4[:, :2]).clamp(min=1e-3).log()
    size = (F.l1_loss(size_N2, right_size_N2, reduction="none").sum(dim=1) * share_N).sum()
    return (_centre_loss(answer.centre, wanted) + BOX_WEIGHT * overlap + SIZE_WEIGHT * size) / people


def _centre_loss(logit_B1HW: Tensor, wanted: Target) -> Tensor:
    peak = logit_B1HW.sigmoid()
    at_centre = F.logsigmoid(logit_B1HW) * (1 - peak) ** POWER * (wanted.heat == 1)
    elsewhere = F.logsigmoid(-logit_B1HW) * peak**POWER * (1 - wanted.heat) ** FORGIVING
    return -((at_centre + elsewhere) * wanted.known).sum()
