"""Every estimator keeps to its contract: ours, as it is installed, and a stranger's."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from figures import DotEstimator, LookingEstimator
from poseglass.api import Explanation, Plugin, PluginError, Poses
from poseglass.core import plugins
from poseglass.core.contracts import (
    CONTRACTS,
    Check,
    Subject,
    gives_one_pose_a_box,
    missing_is_nan_with_score_0,
    shows_each_map_by_itself,
)


@dataclass(frozen=True)
class Options:
    pass


class Middle(DotEstimator):
    """Says that everybody has both keypoints in the middle of their box."""

    def __init__(self, options: Options) -> None:
        super().__init__()

    def estimate(self, image, boxes):
        xy = np.repeat((boxes[:, :2] + boxes[:, 2:])[:, None] / 2, 2, axis=1)
        return Poses(xy, np.ones(xy.shape[:2]), np.tile(np.eye(2), (*xy.shape[:2], 1, 1)))


class Looking(Middle):
    """Shows maps, too."""

    map_names = LookingEstimator.map_names

    def explain(self, image, boxes, want):
        maps = LookingEstimator()._maps
        poses = self.estimate(image, boxes)
        some = boxes if len(boxes) else np.array([[0.0, 0, 9, 9]])
        shown = {name: maps(name, self.estimate(image, some), some) for name in want}
        if not len(boxes):
            shown = {name: replace(m, values=m.values[:0], to_frame=m.to_frame[:0]) for name, m in shown.items()}
        return Explanation(poses, shown)


STRANGERS = Plugin("middle", "The middle of the box", Options, Middle, (2, 0))
QUICK = {"attention_hourglass": {"model": "fast", "device": "cpu"}}
SUBJECTS = [
    Subject("estimator", plugins.find("estimator", name), QUICK.get(name, {})) for name in plugins.names("estimator")
]
SUBJECTS += [Subject("estimator", STRANGERS), Subject("estimator", replace(STRANGERS, name="looking", make=Looking))]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.plugin.name)
@pytest.mark.parametrize("check", CONTRACTS["estimator"], ids=lambda check: check.__name__)
def test_an_estimator_keeps_to_the_contract(check: Check, subject: Subject):
    check(subject)


class Painting(Middle):
    def estimate(self, image, boxes):
        image[0, 0] ^= 255
        return super().estimate(image, boxes)


class Shifting(Middle):
    def estimate(self, image, boxes):
        boxes += 1
        return super().estimate(image, boxes)


class Inventing(Middle):
    def estimate(self, image, boxes):
        return super().estimate(image, boxes if len(boxes) else np.ones((1, 4)))


class Guessing(Middle):
    def estimate(self, image, boxes):
        poses = super().estimate(image, boxes)
        poses.xy[0], poses.covariance[0] = np.nan, np.nan
        return poses


class Boasting(Middle):
    def estimate(self, image, boxes):
        poses = super().estimate(image, boxes)
        poses.score[:] = 1.5
        return poses


class Wandering(Looking):
    def explain(self, image, boxes, want):
        return super().explain(image, boxes + 1, want)


@pytest.mark.parametrize(
    ("make", "check", "said"),
    [
        (Painting, gives_one_pose_a_box, "were written to"),
        (Shifting, gives_one_pose_a_box, "were written to"),
        (Inventing, gives_one_pose_a_box, r"answered scores \(1, 2\), not \(0, 2\)"),
        (Guessing, missing_is_nan_with_score_0, "a missing keypoint has a score"),
        (Boasting, missing_is_nan_with_score_0, "not from 0 to 1"),
        (Wandering, shows_each_map_by_itself, "the poses are others"),
    ],
)
def test_a_broken_contract_is_told(make: type[Middle], check: Check, said: str):
    with pytest.raises(PluginError, match=said):
        check(Subject("estimator", replace(STRANGERS, make=make)))


def test_the_plugin_of_the_page_on_plugins_keeps_to_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = (Path(__file__).parents[2] / "docs" / "PLUGINS.md").read_text(encoding="utf-8")
    module, checks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "my_package.py").write_text(module, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    exec(compile(checks, "docs/PLUGINS.md", "exec"), {})
