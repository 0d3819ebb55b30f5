"""The public door: all that a plugin needs, and all that it may use.

A plugin is one module with one `Plugin` object, named in its package's metadata under the group of its kind:

    [project.entry-points."poseglass.estimators"]
    my_network = "my_package:plugin"

Listing plugins reads only that line; the module is imported when the plugin is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from poseglass.errors import DeviceError, ModelError, OutputError, PluginError, PoseglassError
from poseglass.types import (
    HEATMAP,
    Boxes,
    Explanation,
    Flags,
    Floats,
    Image,
    MapName,
    Maps,
    Poses,
    Recording,
    Skeleton,
    SmoothedTrack,
    Source,
    State,
    Track,
    body_sizes,
)

__all__ = [
    "API_VERSION",
    "GROUPS",
    "HEATMAP",
    "Boxes",
    "DeviceError",
    "Estimator",
    "Explainer",
    "Explanation",
    "Exporter",
    "Flags",
    "Floats",
    "Image",
    "MapName",
    "Maps",
    "ModelError",
    "OutputError",
    "Plugin",
    "PluginError",
    "PoseglassError",
    "Poses",
    "Recording",
    "Skeleton",
    "SmoothedTrack",
    "Smoother",
    "Source",
    "State",
    "Track",
    "body_sizes",
]

API_VERSION = (1, 1)
"""Major and minor: a plugin runs where the major is its own and the minor is at least its own.

1.1 added `Explainer`, and to `Track` the positions that a user fixed and the body's size.
"""

GROUPS = {
    "estimator": "poseglass.estimators",
    "smoother": "poseglass.smoothers",
    "exporter": "poseglass.exporters",
}
"""Entry-point group of each kind of plugin."""


class Estimator(Protocol):
    """Finds people's keypoints in a picture, given about where the people are. Used from one thread at a time."""

    @property
    def skeleton(self) -> Skeleton:
        """The keypoints of every pose, in order."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What a reader needs to reproduce the result: weights and their hash, the device truly used and why."""

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        """Return one pose for each box (P, 4), in frame pixels. A box may be rough, and may reach past the picture."""

    def close(self) -> None:
        """Free what is held; nothing is called afterwards."""


@runtime_checkable
class Explainer(Estimator, Protocol):
    """An estimator that can show what it looked at. To be one, have these two names; no estimator needs to."""

    @property
    def map_names(self) -> tuple[MapName, ...]:
        """All that can be asked for, in the order in which a reader should meet them."""

    def explain(self, image: Image, boxes: Boxes, want: Collection[MapName]) -> Explanation:
        """Return what `estimate` returns for these boxes, with the maps of these names and no others.

        want: out of `map_names`. What is not wanted is not kept, nor computed where that can be helped.
        """


class Smoother(Protocol):
    """Smooths one person's poses over time; one object for each track."""

    @property
    def facts(self) -> Mapping[str, str]:
        """The settings, for the reader of the result."""

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        """Take one frame's keypoints, (K, 2), (K,) and (K, 2, 2), and return smoothed ones (K, 2) from the past alone.

        Times rise, unevenly. Missing keypoints are NaN, going in and coming out.
        """

    def smooth(self, track: Track) -> SmoothedTrack:
        """Return a track smoothed from past and future; leaves what `step` remembers alone.

        Goes through what is `fixed` and calls it State.EDITED. The track may be a part, or hold fewer keypoints than
        `step` gets; its `body_size` is the whole person's.
        """


class Exporter(Protocol):
    """Writes a recording to a file."""

    def write(self, recording: Recording, path: Path) -> None:
        """Write the file at `path`, which the host puts in its final place once this returns. OSError is the host's."""


Made = TypeVar("Made", Estimator, Smoother, Exporter)


@dataclass(frozen=True)
class Plugin(Generic[Made]):
    """What an entry point names.

    options: a frozen dataclass whose fields all have defaults. Their `metadata`, from which the window makes a form,
    may hold label, help, unit, min, max, advanced (True folds it away), choices (names, or a function that returns
    them) and file (a pattern such as "*.safetensors" of files that can be named instead).
    make: builds the plugin from an object of that dataclass; raises PoseglassError with a sentence for the user.
    """

    name: str
    summary: str
    options: type[Any]  # a dataclass of the plugin's own: its type is not the host's to know
    make: Callable[[Any], Made]
    api: tuple[int, int] = API_VERSION
