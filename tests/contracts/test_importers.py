"""Every importer keeps to its contract. None comes along yet: a stranger's reads places, a line a frame."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from poseglass.api import ImporterPlugin, InputError, PluginError, Recording, Skeleton, Source, Track
from poseglass.core import plugins
from poseglass.core.contracts import CONTRACTS, Check, Subject, reads_its_sample, refuses_what_it_cannot_read


@dataclass(frozen=True)
class Options:
    rate: float = field(default=0.0, metadata={"help": "frames a second; 0 where nobody knows", "min": 0, "max": 1000})


class Places:
    def __init__(self, options: Options) -> None:
        self.rate = options.rate

    def read(self, path: Path) -> Recording:
        try:
            rows = np.array([line.split(",") for line in path.read_text("utf-8").splitlines()], dtype=float)
            frames, xy = rows[:, 0].astype(np.int64), rows[:, None, 1:3]
        except (ValueError, IndexError) as error:
            raise InputError(f"{path.name}: not lines of frame, x, y ({error})") from error
        there = np.isfinite(xy).all(axis=-1)
        time_s = frames / self.rate if self.rate else np.full(len(frames), np.nan)
        covariance = np.where(there[..., None, None], np.eye(2), np.nan)
        track = Track(time_s, xy, there.astype(float), covariance)
        source = Source(rate=Fraction(self.rate) if self.rate else None)
        return Recording(Skeleton(("place",)), frames, frames, time_s, (("1", track, None),), source)


STRANGERS = ImporterPlugin("places", "Frame, x, y", Options, Places, (2, 0), suffixes=(".csv", ".txt"))


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text("0,10,20\n1,11,20.5\n4,nan,nan\n")
    return path


@pytest.mark.parametrize("options", [{}, {"rate": 25.0}], ids=["without times", "with times"])
@pytest.mark.parametrize("check", CONTRACTS["importer"], ids=lambda check: check.__name__)
def test_an_importer_keeps_to_the_contract(check: Check, options: dict[str, object], sample: Path):
    check(Subject("importer", STRANGERS, options, sample))


def test_those_that_come_along_have_samples_here():
    assert plugins.names("importer") == (), "give it a sample, and run the contract over it"


class Careless(Places):
    def read(self, path: Path) -> Recording:
        try:
            return super().read(path)
        except InputError:
            return replace(super().read(self.good), tracks=())

    good: Path


class Noisy(Places):
    def read(self, path: Path) -> Recording:
        recording = super().read(path)
        recording.tracks[0][1].xy[0] += np.random.default_rng().normal()
        return recording


class Tidying(Places):
    def read(self, path: Path) -> Recording:
        recording = super().read(path)
        path.write_text("0,0,0\n")
        return recording


@pytest.mark.parametrize(
    ("make", "check", "said"),
    [
        (Careless, refuses_what_it_cannot_read, "was read"),
        (Noisy, reads_its_sample, "read again it is another"),
        (Tidying, reads_its_sample, "the file was written to"),
    ],
)
def test_a_broken_contract_is_told(make: type[Places], check: Check, said: str, sample: Path):
    Careless.good = sample
    with pytest.raises(PluginError, match=said):
        check(Subject("importer", replace(STRANGERS, make=make), sample=sample))


def test_without_a_sample_it_asks_for_one():
    with pytest.raises(PluginError, match="name a file that it can read"):
        reads_its_sample(Subject("importer", STRANGERS))
