"""Whether scores tell somebody from nobody: scores that are chosen, and the command on real clips."""

import json
from pathlib import Path

import numpy as np
import pytest

from poseglass_train import evaluate_background
from poseglass_train.cli import main
from poseglass_train.evaluate_background import told_apart

REAL_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def test_scores_that_tell_all_from_nobody() -> None:
    told = told_apart(np.linspace(0.5, 0.9, 21), np.array([0.1, 0.2, 0.3]))

    assert told == pytest.approx({"somebody": 70, "nobody": 20, "AUC": 100, "mistaken": 0})


def test_the_limit_lets_19_of_20_people_pass() -> None:
    """It lies at 0.3: below it are 5 of 101 people, and 2 of 4 nobodies reach it."""
    told = told_apart(np.linspace(0.25, 1.25, 101), np.array([0.0, 0.29, 0.31, 0.4]))

    assert told["mistaken"] == 50
    assert told["AUC"] == pytest.approx(100 * (101 + 97 + 95 + 86) / (4 * 101), abs=0.6)


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="needs ../shared/data")
def test_the_command_tells_and_writes_how_the_shipped_weights_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = evaluate_background.read_jhmdb
    monkeypatch.setattr(evaluate_background, "read_jhmdb", lambda folder, split: clips(folder, split)[::6])

    written = tmp_path / "scores.json"
    options = ["--data", str(REAL_DATA), "--model", "default", "--device", "cpu", "--json", str(written)]
    assert main(["evaluate", "background", *options]) == 0

    scores = json.loads(written.read_text())["scores"]
    assert scores["nobody"] < scores["somebody"]
    assert scores["AUC"] > 75
    assert f"{scores['AUC']:.1f}" in capsys.readouterr().out
