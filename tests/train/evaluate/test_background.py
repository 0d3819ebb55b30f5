"""Whether scores tell somebody from nobody: scores that are chosen, and the command on real clips."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from poseglass_train.cli import main
from poseglass_train.data.jhmdb import JHMDB_15
from poseglass_train.data.labelled import LabelledImages, Picture
from poseglass_train.errors import TrainingError
from poseglass_train.evaluate import background
from poseglass_train.evaluate.background import CLIP_FRAMES, evaluate_empty_scenes, evaluate_search, told_apart
from poseglass_train.evaluate.tracked import track

REAL_DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


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
    clips = background.read_jhmdb
    monkeypatch.setattr(background, "read_jhmdb", lambda folder, split: clips(folder, split)[::6])

    written = tmp_path / "scores.json"
    options = ["--data", str(REAL_DATA), "--model", "default", "--device", "cpu", "--json", str(written)]
    assert main(["evaluate", "background", *options]) == 0

    scores = json.loads(written.read_text())["scores"]
    assert scores.keys() == {"somebody", "nobody", "AUC", "mistaken"}
    assert scores["nobody"] < scores["somebody"]
    assert scores["AUC"] > 75
    assert f"{scores['AUC']:.1f}" in capsys.readouterr().out


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="needs ../shared/data")
def test_the_tracker_searches_a_square_of_each_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every tenth clip; it is told that somebody is in the first of the squares."""
    shown = []

    def told(paths: list[Path], model: str, device: torch.device) -> list[list[dict[str, str]]]:
        assert (model, device.type) == ("default", "cpu")
        shown.extend(cv2.imread(str(path)) for path in paths)
        return [[{"instance.score": "" if number else "0.5"}] for number in range(len(paths))]

    clips = background.read_jhmdb
    monkeypatch.setattr(background, "read_jhmdb", lambda folder, split: clips(folder, split)[::10])
    monkeypatch.setattr(background, "track", told)

    scores = evaluate_search(REAL_DATA, "default", torch.device("cpu"))

    assert scores["squares"] == len(shown) >= 2
    assert scores["found"] == pytest.approx(100 / len(shown))
    for square in shown:
        height, width = square.shape[:2]
        assert abs(height - width) <= 1
        assert height > 100  # of 240


def test_the_tracker_looks_at_clips_of_scenes_without_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that somebody is in frames 3 and 4, and 7, of the second of two clips."""
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((61, 80, 3), 90 + 50 * number, np.uint8))
    empty = [Picture(tmp_path / f"{number}.png") for number in (0, 1)]
    monkeypatch.setattr(background, "empty_pictures", lambda folder, side: empty)
    shown = []

    def told(paths: list[Path], model: str, device: torch.device) -> list[list[dict[str, str]]]:
        for path in paths:
            film = cv2.VideoCapture(str(path))
            shown.append([film.read()[1] for _ in range(CLIP_FRAMES)])
            assert not film.read()[0]
        somebody = [
            {"frame_idx": str(t), "instance.score": "0.5" if t in (3, 4, 7) else ""} for t in range(CLIP_FRAMES)
        ]
        return [[{"frame_idx": "0", "instance.score": ""}], somebody]

    monkeypatch.setattr(background, "track", told)
    scores = evaluate_empty_scenes(tmp_path, "default", torch.device("cpu"))

    assert scores == pytest.approx({"scenes": 2, "in scenes": 100 * 3 / (2 * CLIP_FRAMES), "longest": 2})
    assert [frames[0].shape for frames in shown] == [(60, 80, 3)] * 2
    assert np.mean(shown[0]) == pytest.approx(90, abs=3)
    assert all((frames[0] != frames[1]).any() for frames in shown)


def test_the_tracker_finds_nobody_in_plain_grey(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((120, 120, 3), 90, np.uint8))

    (rows,) = track([tmp_path / "grey.png"], "default", torch.device("cpu"))

    assert not any(row["instance.score"] for row in rows)


def test_boxes_of_other_pictures_only_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = LabelledImages((), np.empty((0, 15, 2), np.float32), np.empty((0, 4), np.float32), JHMDB_15)
    (tmp_path / "person_boxes.json").write_text("{}")
    monkeypatch.setattr(background, "read_jhmdb", lambda folder, split: [])
    monkeypatch.setattr(background, "as_images", lambda clips, step: nobody)

    with pytest.raises(TrainingError, match=r"person_boxes\.json: of JHMDB's test clips no frame"):
        background.evaluate_background(tmp_path, "default", torch.device("cpu"))


def test_without_the_tracker_nobody_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "has_tracker", lambda: False)

    with pytest.raises(TrainingError, match="not installed"):
        evaluate_search(tmp_path, "default", torch.device("cpu"))
