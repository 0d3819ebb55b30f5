"""Fences around plugins: every answer is checked, and whatever goes wrong inside comes out as PluginError."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import numpy as np

from poseglass.api import Estimator, Explainer, PluginError, PoseglassError, Smoother
from poseglass.types import Boxes, Explanation, Floats, Image, MapName, Maps, Poses, Skeleton, SmoothedTrack, Track

Kind = Literal["estimator", "smoother", "exporter"]


@contextmanager
def fence(kind: Kind, name: str) -> Iterator[None]:
    """Around calls of a plugin: what it raises that is no PoseglassError becomes a PluginError. OSError passes."""
    try:
        yield
    except (PoseglassError, OSError):
        raise
    except Exception as error:
        raise PluginError(f"{kind} {name!r} failed: {error!r}") from error


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
