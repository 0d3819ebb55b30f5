"""What plugins of each kind keep to, as checks that say in a sentence what is broken.

The project's tests run them over every plugin that comes along; they need no test framework, so that authors of
plugins can run them, too. Everything goes through the fences, which check shapes and numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from poseglass.api import Explainer, ExporterPlugin, InputError, Kind, Needs, Plugin, PluginError
from poseglass.core.contract_samples import BOXES, pictures, recordings, tracks, walking
from poseglass.core.fences import (
    FencedDetector,
    FencedEstimator,
    FencedExporter,
    FencedImporter,
    FencedSmoother,
    fence,
)
from poseglass.types import State

REACH = 1.0
"""Pixels by which a smoothed path may pass a fixed position: it is a hand's on a screen."""


@dataclass(frozen=True)
class Subject:
    """A plugin to be checked, and how."""

    kind: Kind
    plugin: Plugin[Any]
    options: Mapping[str, object] = field(default_factory=dict)
    sample: Path | None = None  # a file that an importer can read

    def make(self) -> Any:
        """Make it, behind the fence of its kind."""
        with fence(self.kind, self.plugin.name):
            made = self.plugin.make(self.plugin.options(**self.options))
        if self.kind == "exporter":
            return FencedExporter(self.plugin.name, made, self.needs)
        fences = {
            "detector": FencedDetector, "estimator": FencedEstimator, "smoother": FencedSmoother,
            "importer": FencedImporter,
        }  # fmt: skip
        return fences[self.kind](self.plugin.name, made)

    @property
    def needs(self) -> Needs:
        """What an exporter needs."""
        return self.plugin.needs if isinstance(self.plugin, ExporterPlugin) else Needs()


Check = Callable[[Subject], None]
"""Raises PluginError where the rule in its first line is broken."""


def demand(kept: object, broken: str) -> None:
    """Raise PluginError with what is broken, unless the rule is kept."""
    if not kept:
        raise PluginError(broken)


# Every kind


def is_described(subject: Subject) -> None:
    """Check that a plugin has a name and a summary of one line."""
    for text in (subject.plugin.name, subject.plugin.summary):
        demand(text.strip() and "\n" not in text, f"{text!r} is no name or summary of one line")


def options_explain_themselves(subject: Subject) -> None:
    """Check that options are a frozen dataclass, and that each has a default within its limits, and help."""
    options = subject.plugin.options
    demand(dataclasses.is_dataclass(options), "options are no dataclass")
    demand(options.__dataclass_params__.frozen, "options are not frozen")
    for option in dataclasses.fields(options):
        default = option.default
        demand(default is not dataclasses.MISSING, f"option {option.name} has no default")
        demand(option.metadata.get("help"), f"option {option.name} has no help")
        if isinstance(default, int | float):
            low, high = (option.metadata.get(limit, default) for limit in ("min", "max"))
            demand(low <= default <= high, f"option {option.name} is {default} by default, outside its limits")


def facts_are_text(subject: Subject) -> None:
    """Check that facts are names and values in text."""
    facts = subject.make().facts
    demand(all(isinstance(text, str) for fact in facts.items() for text in fact), f"facts {facts} are not all text")


def closes(subject: Subject) -> None:
    """Check that it can be closed, whether it was used or not."""
    subject.make().close()
    used = subject.make()
    if subject.kind == "detector":
        used.detect(pictures()[0])
    else:
        used.estimate(pictures()[0], BOXES)
    used.close()


# Detectors and estimators


def finds_boxes_in_any_picture(subject: Subject) -> None:
    """Check that a detector answers boxes and scores for pictures of any shape, and leaves them as they are."""
    detector = subject.make()
    for picture in pictures():
        before = picture.copy()
        detector.detect(picture)
        demand((picture == before).all(), "the picture was written to")


def gives_one_pose_a_box(subject: Subject) -> None:
    """Check that an estimator gives one pose for each box, none for none, and writes to neither picture nor boxes."""
    estimator = subject.make()
    for picture in pictures():
        for boxes in (BOXES, BOXES[:1], BOXES[:0]):
            seen, asked = picture.copy(), boxes.copy()
            estimator.estimate(picture, boxes)
            demand((picture == seen).all() and (boxes == asked).all(), "the picture or the boxes were written to")


def missing_is_nan_with_score_0(subject: Subject) -> None:
    """Check that what is not seen is NaN with score 0, and what is seen has a score from 0 to 1 and a covariance."""
    estimator = subject.make()
    for picture in pictures():
        poses = estimator.estimate(picture, BOXES)
        there = np.isfinite(poses.xy).all(axis=-1)
        demand((np.isnan(poses.xy).any(axis=-1) == ~there).all(), "a keypoint is there by half")
        demand((poses.score[~there] == 0).all(), "a missing keypoint has a score")
        demand(((poses.score >= 0) & (poses.score <= 1)).all(), "a score is not from 0 to 1")
        known = np.isfinite(poses.covariance).all(axis=(-2, -1))
        demand((known == there).all(), "a keypoint without covariance, or a covariance without keypoint")


def shows_each_map_by_itself(subject: Subject) -> None:
    """Check that an explainer's poses are the estimated ones, and every map can be had alone, of nobody, too."""
    estimator = subject.make()
    if not isinstance(estimator, Explainer):
        return
    estimated = estimator.estimate(pictures()[0], BOXES)
    for name in estimator.map_names:
        explained = estimator.explain(pictures()[0], BOXES, (name,)).poses
        demand(np.allclose(explained.xy, estimated.xy, equal_nan=True), f"with {name} the poses are others")
        estimator.explain(pictures()[0], BOXES[:0], (name,))


# Smoothers


def smooths_any_track(subject: Subject) -> None:
    """Check that a smoothed keypoint has a position and a deviation, or is MISSING; the track is left as it is."""
    for what, track in tracks():
        xy = track.xy.copy()
        smoothed = subject.make().smooth(track)
        missing = smoothed.state == State.MISSING
        demand((np.isnan(smoothed.xy).any(axis=-1) == missing).all(), f"{what}: NaN is not what is MISSING")
        demand((smoothed.sigma[~missing] >= 0).all(), f"{what}: a position without deviation")
        demand(np.array_equal(track.xy, xy, equal_nan=True), f"{what}: the track was written to")
        demand(what != "nobody" or missing.all(), "somebody was made out of nobody")
        part = replace(track, xy=xy[:, :1], score=track.score[:, :1], covariance=track.covariance[:, :1], size=100.0)
        subject.make().smooth(part)


def steps_through_any_track(subject: Subject) -> None:
    """Check that steps take what comes, and that smoothing in between changes nothing in them."""
    whole = walking(np.arange(40) / 30)
    for what, track in tracks():
        alone, beside = subject.make(), subject.make()
        for row in zip(track.time_s, track.xy, track.score, track.covariance, strict=True):
            step = alone.step(*row)
            beside.smooth(whole)
            demand(np.array_equal(step, beside.step(*row), equal_nan=True), f"{what}: smoothing changed a step")
            demand(what != "nobody" or np.isnan(step).all(), "a step made somebody out of nobody")


def goes_through_what_is_fixed(subject: Subject) -> None:
    """Check that a position that the user fixed is EDITED, and the path goes through it."""
    track = walking(np.arange(40) / 30)
    fixed = np.zeros(track.score.shape, dtype=bool)
    fixed[20, 0] = True
    track.xy[20, 0] += [8, -5]
    track.covariance[20, 0] = np.eye(2) * 0.01
    smoothed = subject.make().smooth(replace(track, fixed=fixed))
    demand(((smoothed.state == State.EDITED) == fixed).all(), "what is fixed, and nothing else, is not EDITED")
    demand(np.abs(smoothed.xy[20, 0] - track.xy[20, 0]).max() <= REACH, "the path passes what is fixed")


# Exporters and importers


def writes_any_recording(subject: Subject) -> None:
    """Check that an exporter writes one file, of whatever meets its needs, and leaves the recording as it is."""
    for recording in recordings(subject.needs):
        before = [raw.xy.copy() for _, raw, _ in recording.tracks]
        with TemporaryDirectory(prefix="poseglass-") as folder:
            path = Path(folder) / f"a name with spaces{getattr(subject.plugin, 'suffix', '')}"
            subject.make().write(recording, path)
            demand(path.is_file() and list(Path(folder).iterdir()) == [path], "not one file was written, as asked for")
        for xy, (_, raw, _) in zip(before, recording.tracks, strict=True):
            demand(np.array_equal(xy, raw.xy, equal_nan=True), "the recording was written to")


def reads_its_sample(subject: Subject) -> None:
    """Check that an importer reads its file twice alike, and leaves it as it is."""
    if subject.sample is None:
        raise PluginError("name a file that it can read")
    content = subject.sample.read_bytes()
    importer = subject.make()
    once, again = importer.read(subject.sample), importer.read(subject.sample)
    demand(subject.sample.read_bytes() == content, "the file was written to")
    demand(once.skeleton == again.skeleton and len(once.tracks) == len(again.tracks), "read again it is another")
    for (_, one, _), (_, two, _) in zip(once.tracks, again.tracks, strict=True):
        demand(np.array_equal(one.xy, two.xy, equal_nan=True), "read again it is another")


def refuses_what_it_cannot_read(subject: Subject) -> None:
    """Check that an importer raises InputError for a file that is missing, empty, or of another kind."""
    with TemporaryDirectory(prefix="poseglass-") as folder:
        suffix = subject.plugin.suffixes[0]  # type: ignore[attr-defined]  # an ImporterPlugin
        for number, content in enumerate([None, b"", bytes(range(256)) * 9]):
            path = Path(folder) / f"{number}{suffix}"
            if content is not None:
                path.write_bytes(content)
            try:
                subject.make().read(path)
            except InputError:
                continue
            raise PluginError("a file that is no file of its kind was read")


EVERY = (is_described, options_explain_themselves)
CONTRACTS: Mapping[Kind, tuple[Check, ...]] = {
    "detector": (*EVERY, facts_are_text, closes, finds_boxes_in_any_picture),
    "estimator": (
        *EVERY, facts_are_text, closes, gives_one_pose_a_box, missing_is_nan_with_score_0, shows_each_map_by_itself,
    ),
    "smoother": (*EVERY, facts_are_text, smooths_any_track, steps_through_any_track, goes_through_what_is_fixed),
    "exporter": (*EVERY, writes_any_recording),
    "importer": (*EVERY, reads_its_sample, refuses_what_it_cannot_read),
}  # fmt: skip
"""The checks of each kind."""
