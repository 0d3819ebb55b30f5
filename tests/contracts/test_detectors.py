"""Every detector keeps to its contract: ours, as it is installed, and a stranger's."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from poseglass.api import Detections, Plugin, PluginError
from poseglass.core import plugins
from poseglass.core.contracts import CONTRACTS, Check, Subject, closes, facts_are_text, finds_boxes_in_any_picture


@dataclass(frozen=True)
class Options:
    level: int = field(default=128, metadata={"help": "from which a pixel is bright", "min": 0, "max": 255})


class Bright:
    """Finds all that is bright, as one."""

    def __init__(self, options: Options) -> None:
        self.level, self.facts = options.level, {"level": str(options.level)}

    def detect(self, image):
        rows, columns = np.nonzero(image.max(axis=-1) >= self.level)
        if not len(rows):
            return Detections(np.zeros((0, 4)), np.zeros(0))
        box = [columns.min() - 0.5, rows.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5]
        return Detections(np.array([box]), np.ones(1))

    def close(self):
        pass


STRANGERS = Plugin("bright", "All that is bright", Options, Bright, (2, 0))
SUBJECTS = [Subject("detector", plugins.find("detector", name)) for name in plugins.names("detector")]
SUBJECTS += [Subject("detector", STRANGERS)]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.plugin.name)
@pytest.mark.parametrize("check", CONTRACTS["detector"], ids=lambda check: check.__name__)
def test_a_detector_keeps_to_the_contract(check: Check, subject: Subject):
    check(subject)


class Painting(Bright):
    def detect(self, image):
        image[0, 0] ^= 255
        return super().detect(image)


class Counting(Bright):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.facts = {"level": options.level}


class Empty(Bright):
    def detect(self, image):
        return replace(super().detect(image), boxes=np.zeros((0, 4)), score=np.zeros(1))


class Stuck(Bright):
    def close(self):
        raise RuntimeError("stuck")


@pytest.mark.parametrize(
    ("make", "check", "said"),
    [
        (Painting, finds_boxes_in_any_picture, "the picture was written to"),
        (Empty, finds_boxes_in_any_picture, "failed: AssertionError"),
        (Counting, facts_are_text, "are not all text"),
        (Stuck, closes, "failed: RuntimeError"),
    ],
)
def test_a_broken_contract_is_told(make: type[Bright], check: Check, said: str):
    with pytest.raises(PluginError, match=said):
        check(Subject("detector", replace(STRANGERS, make=make)))
