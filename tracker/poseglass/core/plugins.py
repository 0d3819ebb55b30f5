"""Find plugins by entry point, check them, make them, and fence them off."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

import numpy as np

from poseglass.api import (
    API_VERSION,
    GROUPS,
    Estimator,
    Explainer,
    Exporter,
    Plugin,
    PluginError,
    PoseglassError,
    Smoother,
)
from poseglass.types import Boxes, Explanation, Floats, Image, MapName, Maps, Poses, Skeleton, SmoothedTrack, Track

Kind = Literal["estimator", "smoother", "exporter"]

DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, DEFAULT_EXPORTER = "attention_hourglass", "kalman", "csv"
"""What is used where nothing is asked for; found by entry point like any other."""


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of installed plugins, without importing any."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUPS[kind])}))


def find(kind: Kind, name: str) -> Plugin[Any]:
    """Import the plugin of that name. Raises PluginError when there is none or it cannot be used."""
    found = [entry for entry in entry_points(group=GROUPS[kind]) if entry.name == name]
    if not found:
        raise PluginError(f"no {kind} {name!r}; installed: {', '.join(names(kind)) or 'none'}")
    if len({entry.value for entry in found}) > 1:
        rivals = ", ".join(sorted({entry.dist.name if entry.dist else entry.value for entry in found}))
        raise PluginError(f"{kind} {name!r} comes from more than one package ({rivals}); uninstall all but one")
    plugin = _import(found[0], kind)
    if plugin.api[0] != API_VERSION[0] or plugin.api[1] > API_VERSION[1]:
        raise PluginError(f"{kind} {name!r} is made for API {plugin.api}, this is {API_VERSION}; update one of them")
    return plugin


def make(kind: Kind, name: str, given: Mapping[str, object] | None = None) -> Any:
    """Make a plugin with these options and its defaults for the rest.

    Raises PluginError for an option that it does not have, or what the plugin itself raises as a PoseglassError.
    """
    plugin = find(kind, name)
    known = {option.name for option in dataclasses.fields(plugin.options)}
    unknown = sorted(set(given or ()) - known)
    if unknown:
        raise PluginError(
            f"{kind} {name!r} has no option {', '.join(unknown)}; it has: {', '.join(sorted(known)) or 'none'}"
        )
    with fence(kind, name):
        return plugin.make(plugin.options(**given or {}))


def make_estimator(name: str, given: Mapping[str, object] | None = None) -> FencedEstimator:
    """Make an estimator whose mistakes come out as PluginError. One that shows no maps has no `map_names`."""
    return FencedEstimator(name, make("estimator", name, given))


def make_smoother(name: str, given: Mapping[str, object] | None = None) -> Smoother:
    """Make a smoother for one track, whose mistakes come out as PluginError."""
    return FencedSmoother(name, make("smoother", name, given))


def make_exporter(name: str, given: Mapping[str, object] | None = None) -> Exporter:
    """Make an exporter."""
    exporter: Exporter = make("exporter", name, given)
    return exporter


class FencedEstimator:
    """An estimator whose every answer is checked."""

    def __init__(self, name: str, inner: Estimator) -> None:
        self._name, self._inner = name, inner
        self._keypoints = len(inner.skeleton)

    @property
    def skeleton(self) -> Skeleton:
        """The inner estimator's."""
        return self._inner.skeleton

    @property
    def facts(self) -> Mapping[str, str]:
        """The inner estimator's, and its name."""
        return {"estimator": self._name, **self._inner.facts}

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        """Pass on. Raises PluginError for whatever the inner one raises, and for an answer of the wrong shape."""
        with fence("estimator", self._name):
            poses = self._inner.estimate(image, boxes)
            self._check_poses(poses, len(boxes))
            return poses

    @property
    def map_names(self) -> tuple[MapName, ...]:
        """The inner estimator's; none when it is no Explainer."""
        with fence("estimator", self._name):
            return self._inner.map_names if isinstance(self._inner, Explainer) else ()

    def explain(self, image: Image, boxes: Boxes, want: Collection[MapName]) -> Explanation:
        """Pass on. Raises PluginError as `estimate` does, and for a name that the estimator does not have."""
        with fence("estimator", self._name):
            if not isinstance(self._inner, Explainer):
                raise PluginError(f"estimator {self._name!r} shows no attention; choose another")
            unknown = ", ".join(map(str, set(want) - set(self._inner.map_names)))
            if unknown:
                raise PluginError(f"estimator {self._name!r} has no map {unknown}; ask for its `map_names`")
            explanation = self._inner.explain(image, boxes, want)
            self._check_poses(explanation.poses, len(boxes))
            if set(explanation.maps) != set(want):
                answered, asked = (", ".join(map(str, names)) or "no map" for names in (explanation.maps, want))
                raise PluginError(f"estimator {self._name!r} answered {answered} when asked for {asked}")
            for name, maps in explanation.maps.items():
                self._check_maps(name, maps, len(boxes))
            return explanation

    def _check_poses(self, poses: Poses, people: int) -> None:
        expected = (people, self._keypoints)
        if poses.score.shape != expected:
            raise PluginError(f"estimator {self._name!r} answered scores {poses.score.shape}, not {expected}")

    def _check_maps(self, name: MapName, maps: Maps, people: int) -> None:
        expected = (people, self._keypoints if name.per_keypoint else 1, name.height, name.width)
        if maps.values.shape != expected or maps.values.dtype != np.float32:
            what = f"{maps.values.dtype} {maps.values.shape}"
            raise PluginError(f"estimator {self._name!r} answered {name} as {what}, not float32 {expected}")
        if maps.to_frame.shape != (people, 2, 3):
            raise PluginError(f"estimator {self._name!r} answered affines {maps.to_frame.shape}, not {(people, 2, 3)}")
        if not (np.isfinite(maps.values).all() and np.isfinite(maps.to_frame).all()):
            raise PluginError(f"estimator {self._name!r} answered {name} with values that are no numbers")

    def close(self) -> None:
        """Close the inner one."""
        self._inner.close()


class FencedSmoother:
    """A smoother whose exceptions become PluginError."""

    def __init__(self, name: str, inner: Smoother) -> None:
        self._name, self._inner = name, inner

    @property
    def facts(self) -> Mapping[str, str]:
        """The inner smoother's, and its name."""
        return {"smoother": self._name, **self._inner.facts}

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        """Pass on."""
        with fence("smoother", self._name):
            return self._inner.step(time_s, xy, score, covariance)

    def smooth(self, track: Track) -> SmoothedTrack:
        """Pass on."""
        with fence("smoother", self._name):
            return self._inner.smooth(track)


@contextmanager
def fence(kind: Kind, name: str) -> Iterator[None]:
    """Around calls of a plugin: what it raises that is no PoseglassError becomes a PluginError. OSError passes."""
    try:
        yield
    except (PoseglassError, OSError):
        raise
    except Exception as error:
        raise PluginError(f"{kind} {name!r} failed: {error!r}") from error


def _import(entry: EntryPoint, kind: Kind) -> Plugin[Any]:
    try:
        plugin = entry.load()
    except Exception as error:
        raise PluginError(f"{kind} {entry.name!r} ({entry.value}) cannot be imported: {error!r}") from error
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{kind} {entry.name!r} ({entry.value}) is a {type(plugin).__name__}, not a Plugin")
    return plugin
