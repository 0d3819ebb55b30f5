import json
from pathlib import Path

import numpy as np
import pytest
import torch

from poseglass_models import checkpoint
from poseglass_models.checkpoint import CheckpointError
from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.detector_checkpoint import (
    DetectorCheckpoint,
    load_detector,
    read_detector_checkpoint,
    save_detector,
)
from poseglass_models.multi_context import NetworkConfig, Preset
from poseglass_models.shipped import shipped_detectors, shipped_names
from poseglass_models.skeleton import Skeleton

SMALL = DetectorConfig(pyramid_width=0.25, channels=8, fine_channels=8, units=1)
TOLD = DetectorCheckpoint(SMALL, 256, (1.5, 0.5, -0.25), 0.4, {"recipe": "none"})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_detector(tmp_path / "who", PersonDetector(SMALL), TOLD)
    return tmp_path / "who.safetensors"


def test_what_is_saved_is_loaded(saved: Path):
    network, told = load_detector(saved)

    torch.manual_seed(0)
    for name, tensor in PersonDetector(SMALL).state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], tensor, atol=1e-3, rtol=1e-3)
    assert told == TOLD
    assert not network.training


def test_scores_rise_with_the_peak_along_the_calibration():
    score = TOLD.chance_right(np.array([0.0, 0.5, 0.9, 1.0]), np.full(4, 128.0))

    assert score[1] == pytest.approx(1 / (1 + np.exp(0.25 - 0.5 * np.log(2))))
    assert score[2] == pytest.approx(1 / (1 + np.exp(0.25 - 0.5 * np.log(2) - 1.5 * np.log(9))))
    assert (np.diff(score) > 0).all()
    assert score[0] > 0
    assert score[3] < 1


def test_weights_for_poses_are_no_detector(tmp_path: Path):
    config = NetworkConfig(stacks=1, channels=8, keypoints=1)
    poses = checkpoint.Checkpoint(config, 64, Skeleton(("nose",)))
    checkpoint.save(tmp_path / "net", Preset(config, 64).build(0), poses)

    with pytest.raises(CheckpointError, match="find poses, where those that find people are wanted"):
        read_detector_checkpoint(tmp_path / "net.safetensors")


def test_a_detector_has_no_poses(saved: Path):
    with pytest.raises(CheckpointError, match="find people, where those that find poses are wanted"):
        checkpoint.read_checkpoint(saved)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1, "kind": "people"}', '{"format": 9}'])
def test_a_damaged_json_is_told_by_its_name(saved: Path, content: str):
    saved.with_suffix(".json").write_text(content)

    with pytest.raises(CheckpointError, match=r"who\.json"):
        load_detector(saved)


def test_weights_of_another_network_are_told(saved: Path):
    save_detector(saved.with_name("other"), PersonDetector(DetectorConfig(0.25, 16, 8, 1)), TOLD)
    saved.write_bytes(saved.with_name("other.safetensors").read_bytes())

    with pytest.raises(CheckpointError, match="do not fit the network its JSON describes"):
        load_detector(saved)


def test_nobody_of_that_name_is_told():
    with pytest.raises(CheckpointError, match="no model 'nobody'"):
        load_detector("nobody")


@pytest.mark.parametrize(
    "change",
    [
        {"input_size": 10**6}, {"input_size": "512"}, {"calibration": [1]}, {"calibration": [-1, 0, 0]},
        {"calibration": [float("nan"), 0, 0]}, {"threshold": 2}, {"threshold": None}, {"network": {"units": 10**9}},
        {"network": {"channels": 10**9}}, {"network": {"pyramid_width": 1e9}}, {"network": []}, {"training": 3},
    ],
)  # fmt: skip
def test_values_that_no_detector_has_are_told_by_name(saved: Path, change: dict[str, object]):
    path = saved.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(CheckpointError, match=r"who\.json: not a Poseglass checkpoint \(") as told:
        load_detector(saved)
    (name,) = change
    assert name in str(told.value) or all(inner in str(told.value) for inner in dict(change[name]))  # type: ignore[call-overload]


@pytest.mark.parametrize("name", shipped_detectors())
def test_shipped_detectors_load_and_are_small(name: str):
    network, told = load_detector(name)

    assert network.config == told.network
    assert checkpoint.find(name).stat().st_size < 15e6
    assert name not in shipped_names()
