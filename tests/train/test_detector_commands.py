from pathlib import Path

import numpy as np
import pytest
import torch

from movenet import build
from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.detector_checkpoint import DetectorCheckpoint, load_detector, save_detector
from poseglass_models.pyramid import FeaturePyramid
from poseglass_train.cli import main
from poseglass_train.data.album import Page
from poseglass_train.training.detector_recipe import SHARES
from poseglass_train.training.pyramid_file import load_pyramid

SMALL = DetectorConfig(pyramid_width=0.25, channels=8, fine_channels=8, units=1)
OPTIONS = ("--steps", "1", "--batch", "2", "--size", "64", "--device", "cpu", "--seed", "3")


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put one picture of each set in the place of the data."""
    none = np.zeros((0, 4))
    pages = [Page(np.full((64, 64, 3), 90, np.uint8), none, none, name) for name, _ in SHARES]
    monkeypatch.setattr("poseglass_train.detector_commands.read_boxes", lambda data, side: [])
    monkeypatch.setattr("poseglass_train.detector_commands.album", lambda pictures: pages)


def test_a_detector_starts_on_a_pretrained_pyramid(tmp_path: Path):
    build(0.25, 64, 64).write(tmp_path / "npm", "movenet-multipose")
    pyramid = tmp_path / "pyramid"
    main(["pyramid", str(tmp_path / "npm"), "--name", "movenet-multipose", "--out", str(pyramid)])

    status = main(["fit-detector", "--data", "x", "--pyramid", str(pyramid), "--out", str(tmp_path / "out"), *OPTIONS])

    assert status == 0
    network, told = load_detector(tmp_path / "out" / "weights")
    assert told.network.pyramid_width == 0.25
    assert told.training["pyramid"]["licence"] == "Apache-2.0"
    assert told.training["recipe"]["seed"] == 3
    theirs = FeaturePyramid(0.25)
    load_pyramid(pyramid, theirs, 0.25)
    torch.testing.assert_close(network.pyramid.first.weight, theirs.first.weight, atol=1e-2, rtol=1e-2)


def test_a_detector_goes_on_from_another(tmp_path: Path):
    told = DetectorCheckpoint(SMALL, 96, training={"pyramid": {"licence": "made up"}})
    save_detector(tmp_path / "who", PersonDetector(SMALL), told)
    start = str(tmp_path / "who.safetensors")

    assert main(["fit-detector", "--data", "x", "--from", start, "--out", str(tmp_path / "out"), *OPTIONS]) == 0

    _, now = load_detector(tmp_path / "out" / "weights")
    assert now.input_size == 96
    assert now.training["from"] == start
    assert now.training["pyramid"] == {"licence": "made up"}


def test_a_pyramid_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    absent = str(tmp_path / "absent")

    assert main(["fit-detector", "--data", "x", "--pyramid", absent, "--out", str(tmp_path / "out"), *OPTIONS]) == 2
    assert "not what `poseglass-train pyramid` wrote" in capsys.readouterr().err
