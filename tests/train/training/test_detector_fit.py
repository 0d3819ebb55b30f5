import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.detector_checkpoint import load_detector
from poseglass_train.data.album import Page
from poseglass_train.errors import DivergedError, RecipeError
from poseglass_train.training import detector_fit
from poseglass_train.training.detector_fit import COLUMNS, DetectorRun, fit_detector
from poseglass_train.training.detector_loop import DetectorTraining
from poseglass_train.training.detector_recipe import DetectorRecipe, detector_recipe

SMALL = DetectorConfig(pyramid_width=0.25, channels=16, fine_channels=16, units=1)
SETS = (("coco/train2017", 0.7), ("nobody", 0.3))
RECIPE = replace(detector_recipe(), steps=3, batch=2, size=64, shares=SETS, ema=0.9)


def pages(count: int, source: str = "coco/train2017") -> list[Page]:
    """Return pictures of white posts on grey, or of grey alone."""
    dice = np.random.default_rng(count)
    made = []
    for _ in range(count):
        image = dice.integers(60, 120, (96, 96, 3), dtype=np.uint8)
        x, y = dice.integers(10, 60), dice.integers(5, 30)
        box = np.array([[x - 0.5, y - 0.5, x + 19.5, y + 49.5]])
        if source == "nobody":
            made.append(Page(image, box[:0], box[:0], source))
            continue
        image[y : y + 50, x : x + 20] = 255
        made.append(Page(image, box, box[:0], source))
    return made


ALL = [*pages(8), *pages(4, "nobody")]


def network(seed: int = 0) -> PersonDetector:
    torch.manual_seed(seed)
    return PersonDetector(SMALL)


def a_run(out: Path, recipe: DetectorRecipe = RECIPE, minutes: float = float("inf")) -> DetectorRun:
    return DetectorRun(network(), 96, recipe, out, torch.device("cpu"), 60, minutes, {"pyramid": None})


def training(recipe: DetectorRecipe = RECIPE) -> DetectorTraining:
    return DetectorTraining(network(), recipe, ALL, torch.device("cpu"), {})


def test_a_training_leaves_weights_state_and_log(tmp_path: Path):
    path = fit_detector(a_run(tmp_path / "out"), ALL, pages(3), resume=False)

    found = sorted(entry.name for entry in path.parent.iterdir())
    assert found == ["log.csv", "state.pt", "weights.json", "weights.safetensors"]
    kept, told = load_detector(path)
    assert kept.config == told.network == SMALL
    assert told.input_size == 96
    assert told.training["pictures"] == {"coco/train2017": 8, "nobody": 4}
    assert 0 <= told.threshold <= 1
    with (path.parent / "log.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert tuple(row) == COLUMNS
    assert row["step"] == "3"


def test_a_second_training_does_not_take_the_place_of_the_first(tmp_path: Path):
    fit_detector(a_run(tmp_path), ALL, pages(3), resume=False)

    with pytest.raises(RecipeError, match="already holds a training"):
        fit_detector(a_run(tmp_path), ALL, pages(3), resume=False)


def test_resumed_it_ends_as_if_it_had_not_been_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("poseglass_train.training.detector_loop.CHECK_STEPS", 1)
    recipe = replace(RECIPE, steps=4)
    whole = fit_detector(a_run(tmp_path / "whole", recipe), ALL, pages(3), resume=False)
    fit_detector(a_run(tmp_path / "parts", recipe, minutes=0), ALL, pages(3), resume=False)
    assert load_detector(tmp_path / "parts" / "weights")[1].training["steps"] == 1
    parts = fit_detector(a_run(tmp_path / "parts", recipe), ALL, pages(3), resume=True)

    for name, tensor in load_detector(whole)[0].state_dict().items():
        torch.testing.assert_close(load_detector(parts)[0].state_dict()[name], tensor, rtol=0, atol=0)


def test_another_recipe_does_not_go_on(tmp_path: Path):
    fit_detector(a_run(tmp_path), ALL, pages(3), resume=False)

    with pytest.raises(RecipeError, match=r"was trained otherwise.*batch was 2, is 3"):
        fit_detector(a_run(tmp_path, replace(RECIPE, batch=3)), ALL, pages(3), resume=True)


def test_a_set_without_pictures_is_told():
    with pytest.raises(RecipeError, match="no pictures of nobody, which recipe 'detector' draws from"):
        DetectorTraining(network(), RECIPE, pages(2), torch.device("cpu"), {})


def test_the_lower_pyramid_stays_and_the_upper_moves_less_than_the_rest():
    made = training(replace(RECIPE, steps=5, learning_rate=1e-2, weight_decay=0.0))
    before = {name: tensor.clone() for name, tensor in made.network.state_dict().items()}
    for _ in made.run():
        pass
    moved = {
        name: (tensor - before[name]).abs().max().item()
        for name, tensor in made.network.named_parameters()
        if tensor.dim() > 1
    }

    assert moved["pyramid.first.weight"] == moved["pyramid.blocks.1.expand.weight"] == 0
    assert moved["pyramid.blocks.5.project.weight"] == 0
    assert 0 < moved["pyramid.blocks.10.expand.weight"] < moved["units.0.pooled.3.weight"]


def test_what_is_lost_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "poseglass_train.training.detector_loop.loss", lambda answer, wanted: answer.box.mean() * torch.nan
    )

    with pytest.raises(DivergedError, match="the loss is nan by step 3"):
        list(training().run())


def test_the_loss_falls(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("poseglass_train.training.detector_loop.CHECK_STEPS", 10)
    losses = [loss for _, loss in training(replace(RECIPE, steps=60, batch=4, paces=())).run()]

    assert losses[-1] < 0.7 * losses[0]


def test_only_everyday_photographs_and_nobody_say_what_peaks_are_worth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    looked_at = []
    monkeypatch.setattr(detector_fit, "look_at", lambda network, pages, size: looked_at.extend(pages) or [])
    fit_detector(a_run(tmp_path), ALL, [*pages(2), *pages(3, "lspet"), *pages(1, "nobody")], resume=False)

    assert {page.source for page in looked_at} == {"coco/train2017", "nobody"}
