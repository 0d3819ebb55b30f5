"""Every exporter keeps to its contract: ours, as it is installed, and a stranger's."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from poseglass.api import ExporterPlugin, Needs, PluginError
from poseglass.core import plugins
from poseglass.core.contracts import CONTRACTS, Check, Subject, writes_any_recording


@dataclass(frozen=True)
class Options:
    pass


class Noses:
    """Writes where one person's nose is, a line a frame; counts frames, and says how large the picture is."""

    def __init__(self, options: object) -> None:
        pass

    def write(self, recording, path: Path) -> None:
        assert len(recording.tracks) < 2
        assert recording.source.rate
        assert recording.source.width
        nose = recording.skeleton.names.index("nose")
        lines = [str(raw.xy[t, nose]) for _, raw, _ in recording.tracks for t in range(len(raw.time_s))]
        path.write_text("\n".join(lines))


NEEDS = Needs(keypoints=("nose",), one_person=True, constant_rate=True, size=True)
STRANGERS = ExporterPlugin("noses", "The nose", Options, Noses, (2, 0), suffix=".txt", needs=NEEDS)
SUBJECTS = [Subject("exporter", plugins.find("exporter", name)) for name in plugins.names("exporter")]
SUBJECTS += [Subject("exporter", STRANGERS)]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.plugin.name)
@pytest.mark.parametrize("check", CONTRACTS["exporter"], ids=lambda check: check.__name__)
def test_an_exporter_keeps_to_the_contract(check: Check, subject: Subject):
    check(subject)


class Elsewhere(Noses):
    def write(self, recording, path: Path) -> None:
        super().write(recording, path.with_suffix(".tsv"))


class Twice(Noses):
    def write(self, recording, path: Path) -> None:
        super().write(recording, path)
        super().write(recording, path.with_suffix(".tsv"))


class Filling(Noses):
    def write(self, recording, path: Path) -> None:
        super().write(recording, path)
        for _, raw, _ in recording.tracks:
            raw.xy[:] = np.nan_to_num(raw.xy)


@pytest.mark.parametrize(
    ("make", "needs", "said"),
    [
        (Elsewhere, NEEDS, "not one file"),
        (Twice, NEEDS, "not one file"),
        (Filling, NEEDS, "the recording was written to"),
        (Noses, Needs(), "failed: AssertionError|failed: ValueError"),
    ],
)
def test_a_broken_contract_is_told(make: type[Noses], needs: Needs, said: str):
    with pytest.raises(PluginError, match=said):
        writes_any_recording(Subject("exporter", replace(STRANGERS, make=make, needs=needs)))
