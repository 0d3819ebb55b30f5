"""Fences around plugins: every answer is checked, and whatever goes wrong inside comes out as PluginError."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from poseglass.api import (
    Detector,
    Estimator,
    Explainer,
    Exporter,
    Importer,
    InputError,
    Kind,
    Needs,
    OutputError,
    PluginError,
    PoseglassError,
    Smoother,
)
from poseglass.types import (
    Boxes,
    Detections,
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
    State,
    Track,
    have_own_time,
    sigma_of,
)


@contextmanager
def fence(kind: Kind, name: str) -> Iterator[None]:
    """Around calls of a plugin: what it raises that is no PoseglassError becomes a PluginError. OSError passes."""
    try:
        yield
    except (PoseglassError, OSError):
        raise
    except Exception as error:
        raise PluginError(f"{kind} {name!r} failed: {error!r}") from error


class FencedDetector:
    """A detector whose every answer is checked."""

    def __init__(self, name: str, inner: Detector) -> None:
        self._name, self._inner = name, inner

    @property
    def facts(self) -> Mapping[str, str]:
        """The inner detector's, and its name."""
        with fence("detector", self._name):
            return {"detector": self._name, **self._inner.facts}

    def detect(self, image: Image) -> Detections:
        """Pass on. Raises PluginError for whatever the inner one raises, and for an answer that is none."""
        with fence("detector", self._name):
            found = self._inner.detect(image)
            if found.boxes.shape != (len(found.score), 4):
                raise PluginError(
                    f"detector {self._name!r} answered boxes {found.boxes.shape}, not {(len(found.score), 4)}"
                )
            if not (np.isfinite(found.boxes).all() and (found.boxes[:, :2] < found.boxes[:, 2:]).all()):
                raise PluginError(f"detector {self._name!r} answered a box that is not x0 < x1, y0 < y1")
            if not ((found.score >= 0) & (found.score <= 1)).all():
                raise PluginError(f"detector {self._name!r} answered a score that is not from 0 to 1")
            return found

    def close(self) -> None:
        """Close the inner one. Raises PluginError for whatever it raises."""
        with fence("detector", self._name):
            self._inner.close()


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
        with fence("estimator", self._name):
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
        if not np.isfinite(poses.score).all() or np.isinf(poses.xy).any():
            raise PluginError(f"estimator {self._name!r} answered numbers that are not finite; missing is NaN, score 0")

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
        """Close the inner one. Raises PluginError for whatever it raises."""
        with fence("estimator", self._name):
            self._inner.close()


class FencedSmoother:
    """A smoother whose every answer is checked."""

    def __init__(self, name: str, inner: Smoother) -> None:
        self._name, self._inner = name, inner
        self._last_s = -np.inf

    @property
    def facts(self) -> Mapping[str, str]:
        """The inner smoother's, and its name."""
        with fence("smoother", self._name):
            return {"smoother": self._name, **self._inner.facts}

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        """Pass on; a frame that is no later than the last one stays as it is.

        Raises PluginError for whatever the inner one raises, and for an answer of the wrong shape.
        """
        if time_s <= self._last_s:
            return xy
        self._last_s = time_s
        with fence("smoother", self._name):
            smoothed = self._inner.step(time_s, xy, score, covariance)
            if smoothed.shape != xy.shape or np.isinf(smoothed).any():
                raise PluginError(f"smoother {self._name!r} answered {smoothed.shape}, not finite numbers {xy.shape}")
            return smoothed

    def smooth(self, track: Track) -> SmoothedTrack:
        """Pass on those frames that have a time of their own; of the others only what is fixed is there.

        Raises PluginError as `step` does.
        """
        timed = have_own_time(track.time_s)
        if not timed.all():
            return _spread(self.smooth(track.part(np.flatnonzero(timed))), timed, track)
        with fence("smoother", self._name):
            smoothed = self._inner.smooth(track)
            shapes = smoothed.xy.shape, smoothed.sigma.shape, smoothed.state.shape
            if shapes != (track.xy.shape, track.score.shape, track.score.shape):
                raise PluginError(f"smoother {self._name!r} answered {shapes} for a track {track.xy.shape}")
            if np.isinf(smoothed.xy).any() or (smoothed.state > State.EDITED).any():
                raise PluginError(f"smoother {self._name!r} answered numbers that are not finite, or unknown states")
            return smoothed


def _spread(smoothed: SmoothedTrack, timed: Flags, track: Track) -> SmoothedTrack:
    """Put a part of a track's frames (T,), smoothed, back among all of them."""
    shape = track.score.shape
    whole = SmoothedTrack(np.full((*shape, 2), np.nan), np.full(shape, np.nan), np.zeros(shape, np.uint8))
    if track.fixed is not None:
        whole.xy[track.fixed], whole.state[track.fixed] = track.xy[track.fixed], State.EDITED
        whole.sigma[track.fixed] = sigma_of(track.covariance[track.fixed])
    whole.xy[timed], whole.sigma[timed], whole.state[timed] = smoothed.xy, smoothed.sigma, smoothed.state
    return whole


class FencedExporter:
    """An exporter that is given only what it can write."""

    def __init__(self, name: str, inner: Exporter, needs: Needs) -> None:
        self._name, self._inner, self._needs = name, inner, needs

    def write(self, recording: Recording, path: Path) -> None:
        """Pass on. Raises OutputError as `check` does, and PluginError for whatever the inner one raises."""
        self.check(recording)
        with fence("exporter", self._name):
            self._inner.write(recording, path)

    def check(self, recording: Recording) -> None:
        """Raise OutputError for a recording that lacks what the exporter needs."""
        if lack := unmet(self._needs, recording):
            raise OutputError(f"exporter {self._name!r} {lack}; choose another")


class FencedImporter:
    """An importer whose every answer is checked."""

    def __init__(self, name: str, inner: Importer) -> None:
        self._name, self._inner = name, inner

    def read(self, path: Path) -> Recording:
        """Pass on. Raises InputError for a file that cannot be read, PluginError for whatever else goes wrong."""
        try:
            with fence("importer", self._name):
                recording = self._inner.read(path)
                if lack := flaw(recording):
                    raise PluginError(f"importer {self._name!r} answered {lack}")
                return recording
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def unmet(needs: Needs, recording: Recording) -> str:
    """Return what of an exporter's needs a recording does not meet, in words; empty where it meets them all."""
    source = recording.source
    if lacking := [name for name in needs.keypoints if name not in recording.skeleton.names]:
        return f"needs {', '.join(lacking)}, which this skeleton does not have"
    if needs.one_person and len(recording.tracks) > 1:
        return f"holds one person, there are {len(recording.tracks)}"
    if needs.size and not (source.width and source.height):
        return "needs the picture's size, which is not known"
    if needs.constant_rate and not _keeps_rate(recording):
        return "needs a constant frame rate, which this video does not have"
    return ""


def flaw(recording: Recording) -> str:
    """Return what is wrong with a recording's arrays, in words; empty where nothing is."""
    frames, keypoints = len(recording.frame_index), len(recording.skeleton)
    if not len(recording.pts) == len(recording.time_s) == frames:
        return f"{frames} frames with {len(recording.pts)} stamps and {len(recording.time_s)} times"
    if (np.diff(recording.frame_index) <= 0).any():
        return "frames that do not rise"
    if (np.diff(recording.time_s[~np.isnan(recording.time_s)]) < 0).any():
        return "times that fall"
    for name, raw, smooth in recording.tracks:
        shapes = raw.xy.shape, raw.score.shape, raw.covariance.shape
        if shapes != ((frames, keypoints, 2), (frames, keypoints), (frames, keypoints, 2, 2)):
            return f"a track {name!r} of {shapes} for {frames} frames of {keypoints} keypoints"
        if smooth is not None and smooth.xy.shape != raw.xy.shape:
            return f"a smoothed track {name!r} of {smooth.xy.shape}, not {raw.xy.shape}"
        if not np.isfinite(raw.score).all() or np.isinf(raw.xy).any():
            return f"a track {name!r} with numbers that are not finite; missing is NaN, score 0"
    return ""


def _keeps_rate(recording: Recording) -> bool:
    """Tell whether no frame is further than half a frame from where its number and the average rate put it."""
    rate = recording.source.rate
    if rate is None or not len(recording.pts):
        return rate is not None
    late_s = recording.time_s - recording.frame_index / float(rate)
    return bool((np.abs(late_s - late_s[0]) <= 0.5 / float(rate)).all())
