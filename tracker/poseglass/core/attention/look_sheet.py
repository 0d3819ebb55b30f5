"""All that the network looked at on one sheet: input, pose and heatmaps; then by stack, then by keypoint."""

from __future__ import annotations

from collections.abc import Sequence

from poseglass.core.attention.looked import ExplainedFrame
from poseglass.core.attention.maps import MapChoice, MapView
from poseglass.core.people.follow import mean_score
from poseglass.types import HEATMAP, Image
from poseglass_models.pictures import Tile, colour_table, sheet, with_legend

SIDE = 192
"""Pixels of a tile: the input of the shipped `default`, so that a pixel of its crop is one of the tile."""
LEGENDS = {
    "stretched": "each map from its own least to its own greatest value; one that is the same all over is left grey",
    "absolute": "from 0 to 1, or what else values of that kind run over",
}


def look_sheet(looked: ExplainedFrame, keypoints: Sequence[int], view: MapView, side: int = SIDE) -> Image:
    """Draw input, pose and heatmaps; then each stack's maps; then these keypoints' through the stacks."""
    stacks = [[name for name in looked.names if name.stack == stack] for stack in _stacks(looked)]
    rows = [[_tile(looked, MapChoice(name), view, side) for name in names] for names in stacks]
    widest = max(len(row) for row in rows)
    rows = [_first_row(looked, view, side), *rows, *_keypoint_rows(looked, keypoints, view, side, widest)]
    return _with_legend(rows, view, side)


def _stacks(looked: ExplainedFrame) -> list[int]:
    return sorted({name.stack for name in looked.names})


def _first_row(looked: ExplainedFrame, view: MapView, side: int) -> list[Tile]:
    name = looked.names[0]
    score = float(mean_score(looked.explanation.poses, looked.skeleton)[looked.person])
    heat = [MapChoice(name) for name in looked.names if name.kind == HEATMAP]
    return [
        Tile(looked.shown(name, side), (looked.heading, "what the network was shown")),
        Tile(looked.posed(name, side), ("pose, not smoothed", f"mean score {score:.2f}")),
        *(_tile(looked, choice, view, side) for choice in heat[-1:]),
    ]


def _keypoint_rows(
    looked: ExplainedFrame, keypoints: Sequence[int], view: MapView, side: int, room: int
) -> list[list[Tile]]:
    """Draw each keypoint's maps through the stacks; as many keypoints beside one another as there is room for tiles."""
    names = [name for name in looked.names if name.per_keypoint]
    at_once = max(1, room // max(1, len(names)))
    beside = [keypoints[i : i + at_once] for i in range(0, len(keypoints), at_once)] if names else []
    return [[_tile(looked, MapChoice(name, (k,)), view, side) for k in some for name in names] for some in beside]


def _tile(looked: ExplainedFrame, choice: MapChoice, view: MapView, side: int) -> Tile:
    return Tile(looked.tile(choice, view, side), looked.caption(choice))


def _with_legend(rows: list[list[Tile]], view: MapView, side: int) -> Image:
    return with_legend(sheet(rows, side), colour_table(view.colours), ("colours: " + LEGENDS[view.scale],))
