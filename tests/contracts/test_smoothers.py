"""Every smoother keeps to its contract: ours, as it is installed, and a stranger's."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from poseglass.api import Plugin, PluginError, SmoothedTrack, State
from poseglass.core import plugins
from poseglass.core.contracts import (
    CONTRACTS,
    Check,
    Subject,
    goes_through_what_is_fixed,
    is_described,
    options_explain_themselves,
    smooths_any_track,
    steps_through_any_track,
)


@dataclass(frozen=True)
class Options:
    pass


class Same:
    """Leaves everything as it is."""

    def __init__(self, options: object) -> None:
        self.facts: dict[str, str] = {}
        self.last: object = None

    def step(self, time_s, xy, score, covariance):
        return xy.copy()

    def smooth(self, track):
        there = np.isfinite(track.xy).all(axis=-1)
        state = np.where(there, State.OBSERVED, State.MISSING).astype(np.uint8)
        if track.fixed is not None:
            state[track.fixed] = State.EDITED
        return SmoothedTrack(track.xy.copy(), np.where(there, 1.0, np.nan), state)


STRANGERS = Plugin("same", "Nothing is smoothed", Options, Same, (2, 0))
SUBJECTS = [Subject("smoother", plugins.find("smoother", name)) for name in plugins.names("smoother")]
SUBJECTS += [Subject("smoother", STRANGERS)]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.plugin.name)
@pytest.mark.parametrize("check", CONTRACTS["smoother"], ids=lambda check: check.__name__)
def test_a_smoother_keeps_to_the_contract(check: Check, subject: Subject):
    check(subject)


class Inventing(Same):
    def smooth(self, track):
        smoothed = super().smooth(track)
        return replace(smoothed, xy=np.nan_to_num(smoothed.xy))


class Writing(Same):
    def smooth(self, track):
        smoothed = super().smooth(track)
        track.xy[:] = np.nan
        return smoothed


class Seasick(Same):
    def smooth(self, track):
        if not len(track.time_s):
            raise IndexError("no first frame")
        return super().smooth(track)


class Forgetful(Same):
    def step(self, time_s, xy, score, covariance):
        before, self.last = self.last, xy
        return xy.copy() if before is None else (xy + before) / 2

    def smooth(self, track):
        self.last = None
        return super().smooth(track)


class Ignoring(Same):
    def smooth(self, track):
        return super().smooth(replace(track, fixed=None))


class Passing(Same):
    def smooth(self, track):
        smoothed = super().smooth(track)
        return replace(smoothed, xy=smoothed.xy + 2)


@pytest.mark.parametrize(
    ("make", "check", "said"),
    [
        (Inventing, smooths_any_track, "gappy: NaN is not what is MISSING"),
        (Writing, smooths_any_track, "even: the track was written to"),
        (Seasick, smooths_any_track, "failed: IndexError"),
        (Forgetful, steps_through_any_track, "even: smoothing changed a step"),
        (Ignoring, goes_through_what_is_fixed, "is not EDITED"),
        (Passing, goes_through_what_is_fixed, "the path passes what is fixed"),
    ],
)
def test_a_broken_contract_is_told(make: type[Same], check: Check, said: str):
    with pytest.raises(PluginError, match=said):
        check(Subject("smoother", replace(STRANGERS, make=make)))


@dataclass(frozen=True)
class NoDefault:
    width: int


@dataclass(frozen=True)
class NoHelp:
    width: int = 3


@dataclass(frozen=True)
class OutOfLimits:
    width: int = field(default=3, metadata={"help": "how wide", "min": 4})


@dataclass
class Thawed:
    width: int = field(default=3, metadata={"help": "how wide"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (object, "no dataclass"),
        (Thawed, "not frozen"),
        (NoDefault, "option width has no default"),
        (NoHelp, "option width has no help"),
        (OutOfLimits, "option width is 3 by default, outside its limits"),
    ],
)
def test_options_that_explain_nothing_are_told(options: type, said: str):
    with pytest.raises(PluginError, match=said):
        options_explain_themselves(Subject("smoother", replace(STRANGERS, options=options)))


@pytest.mark.parametrize("summary", ["", "two\nlines"])
def test_a_summary_is_one_line(summary: str):
    with pytest.raises(PluginError, match="no name or summary of one line"):
        is_described(Subject("smoother", replace(STRANGERS, summary=summary)))
