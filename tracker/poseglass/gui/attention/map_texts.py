"""What maps are called in the window."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from poseglass.core.explain.maps import MapChoice
from poseglass.types import HEATMAP, MapName, Skeleton


def kind_text(name: MapName) -> str:
    """Return what a kind of map is called; a kind of another's network is called what that calls it."""
    texts = {
        "multi_resolution": _tr("attention"),
        "refined": _tr("refined attention"),
        "part": _tr("part attention"),
        HEATMAP: _tr("heatmap"),
    }
    return texts.get(name.kind, name.kind)


def meaning_text(name: MapName) -> str:
    """Return what is bright in a kind of map, in plain words; nothing for a kind of another's network."""
    texts = {
        "multi_resolution": _tr(
            "Bright: where this stack looks, judged on a grid of {size} cells. The rest it plays down."
        ),
        "refined": _tr("Bright: where this stack looks in the end, when its coarse and fine grids are put together."),
        "part": _tr("Bright: where this stack looks for one keypoint alone. Every keypoint has a map of its own."),
        HEATMAP: _tr("Bright: where this stack expects the keypoint. What the last stack expects becomes the pose."),
    }
    return texts.get(name.kind, "").format(size=size_text(name))


def short_text(name: MapName) -> str:
    """Return the same for a place of a few letters."""
    texts = {"refined": _tr("refined"), "part": _tr("part"), HEATMAP: _tr("heat")}
    return texts.get(name.kind) or kind_text(name)


def size_text(name: MapName) -> str:
    """Return how many cells a map has across and down."""
    return f"{name.width} x {name.height}"


def choice_text(choice: MapChoice, skeleton: Skeleton) -> str:
    """Return which map this is, in full."""
    name = choice.name
    text = _tr("stack {stack}, {kind}, {size}").format(stack=name.stack, kind=kind_text(name), size=size_text(name))
    if not name.per_keypoint:
        return text
    return f"{text}, {' '.join(skeleton.spoken(k) for k in choice.keypoints) or _tr('all keypoints')}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("maps", text)
