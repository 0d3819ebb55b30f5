import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from poseglass.api import DeviceError, ModelError
from poseglass.core.contracts import CONTRACTS, Subject
from poseglass_models.checkpoint import sha256
from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.detector_checkpoint import DetectorCheckpoint, read_detector_checkpoint, save_detector
from poseglass_plugins.people import PeopleOptions, plugin
from poseglass_plugins.person_detector import PeopleDetector

SMALL = DetectorConfig(pyramid_width=0.25, channels=8, fine_channels=8, units=1)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Save a network that sees somebody in many places."""
    torch.manual_seed(0)
    network = PersonDetector(SMALL)
    torch.nn.init.normal_(network.centre.weight)
    torch.nn.init.zeros_(network.centre.bias)
    save_detector(tmp_path / "who", network, DetectorCheckpoint(SMALL, 128, (1.0, 0.0, 0.5)))
    return str(tmp_path / "who.safetensors")


def options(model: str, threshold: float = 0.5) -> PeopleOptions:
    return PeopleOptions(model=model, threshold=threshold, size=128, device="cpu")


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)


@pytest.mark.parametrize("check", CONTRACTS["detector"], ids=lambda check: check.__name__)
def test_it_keeps_to_the_contract(check, model: str):
    check(Subject("detector", plugin, {"model": model, "size": 128, "device": "cpu"}))


def test_who_scores_less_than_the_threshold_is_left_out(model: str, image: np.ndarray):
    every = PeopleDetector(options(model, 0)).detect(image)
    some = PeopleDetector(options(model, float(np.median(every.score)))).detect(image)

    assert len(every) > 2
    assert 0 < len(some) < len(every)
    assert (some.score >= np.median(every.score)).all()
    np.testing.assert_array_equal(some.boxes, every.boxes[: len(some)])


def test_the_surest_comes_first(model: str, image: np.ndarray):
    score = PeopleDetector(options(model, 0)).detect(image).score

    assert (np.diff(score) <= 0).all()
    assert (score > 0).all()
    assert (score < 1).all()


def test_a_picture_twice_as_large_has_boxes_twice_as_large(model: str, image: np.ndarray):
    detector = PeopleDetector(options(model, 0))
    small, large = detector.detect(image), detector.detect(image.repeat(2, axis=0).repeat(2, axis=1))

    np.testing.assert_allclose(large.boxes[0] + 0.5, 2 * (small.boxes[0] + 0.5), rtol=0.05, atol=2)


def test_facts_say_what_is_needed_to_do_it_again(model: str):
    facts = PeopleDetector(options(model)).facts

    assert facts["model_sha256"] == sha256(model)
    assert (facts["size"], facts["threshold"]) == ("128", "0.5")
    assert (facts["device"], facts["device_reason"]) == ("cpu", "asked for")
    assert facts["precision"] in ("bfloat16", "float32")


def test_what_goes_wrong_is_a_sentence(model: str):
    with pytest.raises(ModelError, match="no model 'nobody'"):
        PeopleDetector(PeopleOptions(model="nobody", device="cpu"))
    with pytest.raises(DeviceError, match="unknown device 'toaster'"):
        PeopleDetector(PeopleOptions(model=model, device="toaster"))


def test_asking_what_it_is_does_not_import_torch():
    code = "import sys, poseglass_plugins.people; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_options_are_by_default_what_the_shipped_weights_are_made_for():
    told = read_detector_checkpoint("people")

    assert PeopleOptions().threshold == told.threshold
    assert PeopleOptions().size == told.input_size


@pytest.mark.parametrize("check", CONTRACTS["detector"], ids=lambda check: check.__name__)
def test_shipped_weights_keep_to_the_contract(check):
    check(Subject("detector", plugin))
