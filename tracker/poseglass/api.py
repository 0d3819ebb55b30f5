"""The public door: all that a plugin needs, and all that it may use.

A plugin is one module with one `Plugin` object, named in its package's metadata under the group of its kind:

    [project.entry-points."poseglass.estimators"]
    my_network = "my_package:plugin"

Listing plugins reads only that line. The module is imported when somebody asks what the plugin is: import what takes
long (torch) only in `make`. docs/PLUGINS.md has an example of a whole plugin, and what changed since API 1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from poseglass.errors import DeviceError, InputError, ModelError, OutputError, PluginError, PoseglassError
from poseglass.types import (
    HEATMAP,
    Boxes,
    Detections,
    Explanation,
    Flags,
    Floats,
    Image,
    MapName,
    Maps,
    Measure,
    Poses,
    Recording,
    Skeleton,
    SmoothedTrack,
    Source,
    State,
    Track,
    body_sizes,
    sigma_of,
)

__all__ = [
    "API_VERSION",
    "GROUPS",
    "HEATMAP",
    "Boxes",
    "Detections",
    "Detector",
    "DeviceError",
    "Estimator",
    "Explainer",
    "Explanation",
    "Exporter",
    "ExporterPlugin",
    "Flags",
    "Floats",
    "Image",
    "Importer",
    "ImporterPlugin",
    "InputError",
    "Kind",
    "MapName",
    "Maps",
    "Measure",
    "ModelError",
    "Needs",
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
    "sigma_of",
]

API_VERSION = (2, 0)
"""Major and minor: a plugin runs where the major is its own and the minor is at least its own.

2.0 added detectors and importers, `Recording.source`, an exporter's suffix and needs,
`Recording.measures`, and asks a plugin to say `api`.
1.1 added `Explainer`, and to `Track` the positions that a user fixed and the body's size.
"""
UNSAID = (1, 1)
"""What a plugin is made for that says no `api`: until 1.1 none had to."""

Kind = Literal["detector", "estimator", "smoother", "exporter", "importer"]
GROUPS: Mapping[Kind, str] = {
    "detector": "poseglass.detectors",
    "estimator": "poseglass.estimators",
    "smoother": "poseglass.smoothers",
    "exporter": "poseglass.exporters",
    "importer": "poseglass.importers",
}
"""Entry-point group of each kind of plugin."""


class Detector(Protocol):
    """Finds where people are in a picture. Used from one thread at a time."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What a reader needs to reproduce the result: weights and their hash, the device truly used and why."""

    def detect(self, image: Image) -> Detections:
        """Return a box and a score for everybody in the picture, which is left as it is; nobody is P = 0.

        Boxes are finite, x0 < x1 and y0 < y1, and may reach past the picture.
        """

    def close(self) -> None:
        """Free what is held; nothing is called afterwards."""


class Estimator(Protocol):
    """Finds people's keypoints in a picture, given about where the people are. Used from one thread at a time."""

    @property
    def skeleton(self) -> Skeleton:
        """The keypoints of every pose, in order."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What a reader needs to reproduce the result: weights and their hash, the device truly used and why."""

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        """Return one pose for each box (P, 4), in frame pixels; the picture is left as it is.

        A box may be rough, and may reach past the picture. No boxes (P = 0) are no poses.
        """

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
        `step` gets; its `body_size` is the whole person's. T may be 1, and 0.
        """


class Exporter(Protocol):
    """Writes a recording to a file."""

    def write(self, recording: Recording, path: Path) -> None:
        """Write one file at `path`; the host moves it to its final place. The user may have named it as they like.

        The recording has what the plugin `needs`; it may have no frame and nobody. OSError is the host's to tell.
        """


class Importer(Protocol):
    """Reads a file of poses, ours or another program's."""

    def read(self, path: Path) -> Recording:
        """Return what the file holds. Raises InputError when it is damaged or of another format.

        What the file does not say stays unknown: of the `source` size and rate; of the frames `time_s` (all NaN), and
        `pts`, which is `frame_index` then. The host knows the video and fills them in.
        """


@dataclass(frozen=True)
class Needs:
    """What a recording must have for an exporter. The host refuses others, with a sentence, before it is made."""

    keypoints: tuple[str, ...] = ()  # names that the skeleton must have
    one_person: bool = False  # the format holds one track; nobody is fine
    constant_rate: bool = False  # the format counts frames: no time may be off by more than half a frame
    size: bool = False  # the picture's width and height


Made = TypeVar("Made", Detector, Estimator, Smoother, Exporter, Importer)


@dataclass(frozen=True)
class Plugin(Generic[Made]):
    """What an entry point names; an exporter's is an `ExporterPlugin`, an importer's an `ImporterPlugin`.

    options: a frozen dataclass whose fields all have defaults and `help` in their `metadata`, from which forms and the
    command line are made. It may also hold label, unit, min, max, advanced (True folds it away), choices (names, or a
    function that returns them) and file (a pattern such as "*.safetensors" of files that can be named instead).
    make: builds the plugin from an object of that dataclass; raises PoseglassError with a sentence for the user.
    api: the API it was written for. Say `api=(2, 0)`, not `API_VERSION`, which is that of whoever runs it.
    """

    name: str
    summary: str
    options: type[Any]  # a dataclass of the plugin's own: its type is not the host's to know
    make: Callable[[Any], Made]
    api: tuple[int, int] = UNSAID


@dataclass(frozen=True, kw_only=True)
class ExporterPlugin(Plugin[Exporter]):
    """An exporter, and what can be said of its files without making it."""

    suffix: str  # that its files end with: ".csv"
    needs: Needs = Needs()

    def __post_init__(self) -> None:
        _check_suffix(self.suffix)


@dataclass(frozen=True, kw_only=True)
class ImporterPlugin(Plugin[Importer]):
    """An importer, and what can be said of its files without making it."""

    suffixes: tuple[str, ...]  # that files it can read end with: (".h5", ".csv")

    def __post_init__(self) -> None:
        for suffix in self.suffixes:
            _check_suffix(suffix)


def _check_suffix(suffix: str) -> None:
    if Path(f"file{suffix}").suffix != suffix.lower() or not suffix:
        raise ValueError(f"suffix {suffix!r}: a dot, then one word in lower case, as '.csv'")
