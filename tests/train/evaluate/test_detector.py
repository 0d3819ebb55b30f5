import json
from pathlib import Path

import numpy as np
import pytest
import torch

from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.detector_checkpoint import DetectorCheckpoint, save_detector
from poseglass_train.cli import main
from poseglass_train.data.album import Page
from poseglass_train.evaluate.detector import Seen, look_at, look_at_a_frame, nobody_scores, scores
from poseglass_train.evaluate.timing import look_at_a_crop, milliseconds

NONE = np.zeros((0, 4))
SMALL = DetectorConfig(pyramid_width=0.25, channels=8, fine_channels=8, units=1)


def seen(people: list[list[float]], found: list[list[float]], score: list[float]) -> Seen:
    page = Page(np.zeros((100, 100, 3), np.uint8), np.array(people).reshape(-1, 4), NONE, "made up")
    return Seen(page, np.array(found).reshape(-1, 4), np.array(score), np.zeros((len(score), 3)))


def test_scores_are_told_by_the_height_of_people():
    tall, short = [10.0, 0, 30, 60], [60.0, 0, 70, 15]
    table = scores([seen([tall, short], [tall], [0.9])], 0.5)

    assert table["over 0% AP50"] == pytest.approx(100 * 51 / 101)
    assert table["over 10% people"] == 2
    assert table["over 20% people"] == table["over 40% people"] == 1
    assert table["over 40% AP50"] == pytest.approx(100)
    assert table["over 10% recall at precision 0.85"] == 50
    assert (table["over 0% precision at threshold"], table["over 0% recall at threshold"]) == (100, 50)


def test_over_the_threshold_nobody_is_counted():
    box = [0.0, 0, 9, 9]
    pictures = [seen([], [box], [0.7]), seen([], [box], [0.2]), seen([], [], []), seen([], [], [])]

    assert nobody_scores(pictures, 0.5) == {
        "pictures": 4, "highest score": 70, "second highest score": pytest.approx(20), "pictures over threshold": 25,
    }  # fmt: skip


def test_a_detector_looks_at_every_page():
    torch.manual_seed(0)
    network = PersonDetector(SMALL).eval()
    torch.nn.init.normal_(network.centre.weight)
    found = look_at(network, [seen([], [], []).page] * 2, 64)

    assert len(found) == 2
    np.testing.assert_array_equal(found[0].boxes_D4, found[1].boxes_D4)
    assert found[0].boxes_D4.shape == (len(found[0].score_D), 4)


@pytest.fixture
def model(tmp_path: Path) -> str:
    torch.manual_seed(0)
    save_detector(tmp_path / "who", PersonDetector(SMALL), DetectorCheckpoint(SMALL, 64, threshold=0.6))
    return str(tmp_path / "who.safetensors")


def test_both_networks_are_timed_on_one_thread(model: str):
    threads = torch.get_num_threads()
    cpu = torch.device("cpu")
    took = milliseconds({"a frame": look_at_a_frame(model, cpu, 64), "a crop": look_at_a_crop("fast", cpu)})

    assert list(took) == ["a frame", "a crop"]
    assert all(each > 0 for each in took.values())
    assert torch.get_num_threads() == threads


def test_the_command_writes_the_scores_of_each_set(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    empty = seen([], [], []).page
    pages = [Page(empty.image, empty.boxes_N4, empty.unknown_M4, name) for name in ("coco/val2017", "nobody")]
    monkeypatch.setattr("poseglass_train.evaluate.detector.read_boxes", lambda data, side: [])
    monkeypatch.setattr("poseglass_train.evaluate.detector.album", lambda pictures: pages)
    monkeypatch.setattr("poseglass_train.detector_commands.BESIDE", "fast")
    scores = tmp_path / "scores.json"

    status = main(["evaluate", "detector", "--data", "x", "--model", model, "--json", str(scores), "--device", "cpu"])

    assert status == 0
    told = json.loads(scores.read_text())
    assert list(told["scores"]) == ["coco/val2017", "nobody", "milliseconds"]
    assert told["scores"]["nobody"]["pictures"] == 1
    assert "pictures over threshold" in capsys.readouterr().out


def test_a_model_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["evaluate", "detector", "--data", str(tmp_path), "--model", "nobody", "--device", "cpu"]) == 2
    assert "no model 'nobody'" in capsys.readouterr().err
