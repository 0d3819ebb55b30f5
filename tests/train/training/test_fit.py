import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from poseglass_models.checkpoint import load, sha256
from poseglass_models.multi_context import NetworkConfig, Preset
from poseglass_train.data.people import People
from poseglass_train.errors import DivergedError, RecipeError
from poseglass_train.training.augment import Augmentation
from poseglass_train.training.fit import LOG_COLUMNS, MOST_HELD_OUT, Run, fit
from poseglass_train.training.loop import CHECK_STEPS, Training
from poseglass_train.training.recipes import Recipe
from poseglass_train.training.validate import validate

MakePeople = Callable[..., People]

PRESET = Preset(NetworkConfig(stacks=2, channels=8), 64)
RECIPE = Recipe("test", "adamw", 2e-3, "one_cycle", batch=2, epochs=2, augmentation=Augmentation(), ema=0.9)


def a_run(out: Path, save_minutes: float = 60, recipe: Recipe = RECIPE) -> Run:
    network = PRESET.build(recipe.seed)
    return Run(network, 64, recipe, out, torch.device("cpu"), save_minutes, {"preset": "made up"})


def log_rows(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_training_runs_to_its_end_and_leaves_weights_state_and_log(make_people: MakePeople, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    path = fit(a_run(out), make_people(6), make_people(4, seed=1), resume=False)

    assert path == out / "weights"
    names = ["log.csv", "state.pt", "weights.json", "weights.safetensors"]
    assert sorted(entry.name for entry in out.iterdir()) == names
    network, checkpoint = load(path)
    assert checkpoint.network == PRESET.network == network.config
    assert checkpoint.input_size == 64
    (row,) = log_rows(out)
    assert tuple(row) == LOG_COLUMNS
    assert (row["step"], float(row["epoch"])) == ("6", 2)
    assert 0 < float(row["loss"]) < 20
    assert 0 <= float(row["pck"]) <= 100


def test_the_weights_say_how_they_came_to_be(make_people: MakePeople, tmp_path: Path) -> None:
    fit(a_run(tmp_path), make_people(6), make_people(4, seed=1), resume=False)
    told = json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))["training"]

    assert (told["preset"], told["people"], told["steps"], told["of_steps"]) == ("made up", {"made up": 6}, 6, 6)
    assert told["recipe"]["name"] == "test"
    assert told["recipe"]["augmentation"]["rotation"] == 30
    assert {"seconds", "machine", "commit"} <= told.keys()
    assert told["held_out"]["people"] == {"made up": 4}
    assert told["held_out"]["pck"]["made up"] == pytest.approx(float(log_rows(tmp_path)[0]["pck"]), abs=0.01)


def test_the_averaged_weights_are_the_ones_kept(make_people: MakePeople, tmp_path: Path) -> None:
    people = make_people(6)
    fit(a_run(tmp_path), people, make_people(4, seed=1), resume=False)
    training = Training(PRESET.build(RECIPE.seed), RECIPE, people, 64)
    list(training.run())

    kept = load(tmp_path / "weights")[0].state_dict()
    torch.testing.assert_close(kept["stem.1.running_mean"], training.result.state_dict()["stem.1.running_mean"])
    assert not torch.allclose(kept["stem.1.running_mean"], training.network.state_dict()["stem.1.running_mean"])


def test_the_averaged_weights_are_the_ones_scored(make_people: MakePeople, tmp_path: Path) -> None:
    people, held_out = make_people(6), make_people(40, seed=1)
    fit(a_run(tmp_path), people, held_out, resume=False)
    training = Training(PRESET.build(RECIPE.seed), RECIPE, people, 64)
    list(training.run())
    averaged, last = (validate(network, held_out, 64) for network in (training.result, training.network))

    assert averaged.confidence != last.confidence
    assert load(tmp_path / "weights")[1].confidence == averaged.confidence
    assert float(log_rows(tmp_path)[0]["pck"]) == pytest.approx(averaged.pck, abs=0.01)


def test_short_runs_add_up_to_one_long_one(make_people: MakePeople, tmp_path: Path) -> None:
    """Each call has no time at all, so it stops at the next look at the clock, and the next goes on from there."""
    recipe = replace(RECIPE, epochs=3 * CHECK_STEPS / 2)
    people, held_out = make_people(4), make_people(4, seed=1)
    fit(a_run(tmp_path / "long", recipe=recipe), people, held_out, resume=False)
    for _ in range(3):
        path = fit(replace(a_run(tmp_path / "short", recipe=recipe), minutes=0), people, held_out, resume=True)

    rows = [[row["step"] for row in log_rows(tmp_path / name)] for name in ("short", "long")]
    assert rows == [[str(n * CHECK_STEPS) for n in (1, 2, 3)], [str(3 * CHECK_STEPS)]]
    assert sha256(path) == sha256(tmp_path / "long" / "weights")


def test_every_checkpoint_is_a_line_in_the_log(make_people: MakePeople, tmp_path: Path) -> None:
    fit(a_run(tmp_path, save_minutes=0), make_people(6), make_people(4, seed=1), resume=False)
    rows = log_rows(tmp_path)

    assert [row["step"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [float(row["epoch"]) for row in rows] == pytest.approx([i / 3 for i in range(1, 7)], abs=1e-3)
    assert [float(row["rate"]) for row in rows] == pytest.approx([RECIPE.rate(i / 6) for i in range(6)], rel=1e-3)
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == sorted(seconds)


def test_a_second_training_in_the_same_folder_is_refused_and_harms_nothing(
    make_people: MakePeople, tmp_path: Path
) -> None:
    people, held_out = make_people(4), make_people(4, seed=1)
    fit(a_run(tmp_path), people, held_out, resume=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(RecipeError, match="already holds a training; add --resume"):
        fit(a_run(tmp_path), people, held_out, resume=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


class PulledPlugError(Exception):
    """The machine stops."""


class Fragile(Recipe):
    """The same recipe on a machine that stops after two thirds of the training."""

    def rate(self, progress: float) -> float:
        if progress >= 2 / 3:
            raise PulledPlugError
        return super().rate(progress)


def test_an_interrupted_training_resumes_to_the_same_weights_and_log(make_people: MakePeople, tmp_path: Path) -> None:
    people, held_out = make_people(6), make_people(4, seed=1)
    fit(a_run(tmp_path / "through", save_minutes=0), people, held_out, resume=False)

    fragile = Fragile(**vars(RECIPE))
    with pytest.raises(PulledPlugError):
        fit(a_run(tmp_path / "broken", save_minutes=0, recipe=fragile), people, held_out, resume=False)
    assert len(log_rows(tmp_path / "broken")) == 4
    path = fit(a_run(tmp_path / "broken", save_minutes=0), people, held_out, resume=True)

    assert sha256(path) == sha256(tmp_path / "through" / "weights")
    timeless = [[{**row, "seconds": ""} for row in log_rows(tmp_path / name)] for name in ("broken", "through")]
    assert timeless[0] == timeless[1]


def test_log_lines_after_the_last_checkpoint_are_dropped_on_resuming(make_people: MakePeople, tmp_path: Path) -> None:
    """The plug was pulled between the log and the state."""
    people, held_out = make_people(6), make_people(4, seed=1)
    fit(a_run(tmp_path, save_minutes=0), people, held_out, resume=False)
    training = Training(PRESET.build(RECIPE.seed), RECIPE, people, 64, facts={"preset": "made up"})
    list(training.run(3))
    training.save(tmp_path / "state.pt")
    fit(a_run(tmp_path), people, held_out, resume=True)

    assert [row["step"] for row in log_rows(tmp_path)] == ["1", "2", "3", "6"]


def test_resuming_what_is_finished_trains_no_more(make_people: MakePeople, tmp_path: Path) -> None:
    people, held_out = make_people(4), make_people(4, seed=1)
    path = fit(a_run(tmp_path), people, held_out, resume=False)
    before, rows = sha256(path), log_rows(tmp_path)

    assert fit(a_run(tmp_path), people, held_out, resume=True) == path
    assert sha256(path) == before
    assert log_rows(tmp_path) == rows


def test_a_training_whose_last_weights_could_not_be_written_is_not_finished(
    make_people: MakePeople, tmp_path: Path
) -> None:
    """A disk that is full for a moment must not leave a folder that says done and holds no weights."""
    people, held_out = make_people(4), make_people(4, seed=1)
    obstacle = tmp_path / "weights.safetensors.part"
    obstacle.mkdir()
    with pytest.raises(Exception, match=r"(?i)directory"):
        fit(a_run(tmp_path), people, held_out, resume=False)
    obstacle.rmdir()
    path = fit(a_run(tmp_path), people, held_out, resume=True)

    assert path.with_suffix(".safetensors").is_file()


def test_resuming_from_another_start_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    people, held_out = make_people(4), make_people(4, seed=1)
    fit(a_run(tmp_path), people, held_out, resume=False)

    with pytest.raises(RecipeError, match="preset was 'made up', is 'another'"):
        fit(replace(a_run(tmp_path), facts={"preset": "another"}), people, held_out, resume=True)


def test_what_is_lost_overwrites_neither_weights_nor_log(make_people: MakePeople, tmp_path: Path) -> None:
    """A checkpoint is due at every step; a rate beyond all reason ruins the first step."""
    people, held_out = make_people(4), make_people(4, seed=1)
    wild = replace(RECIPE, learning_rate=1e30, schedule="steps", epochs=20)
    with pytest.raises(DivergedError):
        fit(a_run(tmp_path, save_minutes=0, recipe=wild), people, held_out, resume=False)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv"]
    assert log_rows(tmp_path) == []


def test_a_log_that_was_cut_off_is_mended_on_resuming(make_people: MakePeople, tmp_path: Path) -> None:
    people, held_out = make_people(4), make_people(4, seed=1)
    fit(a_run(tmp_path, save_minutes=0), people, held_out, resume=False)
    path = tmp_path / "log.csv"
    path.write_text(path.read_text()[:-25])
    fit(a_run(tmp_path, save_minutes=0), people, held_out, resume=True)

    assert [row["step"] for row in log_rows(tmp_path)] == ["1", "2", "3"]


def test_of_many_held_out_people_some_are_looked_at(make_people: MakePeople, tmp_path: Path) -> None:
    fit(a_run(tmp_path), make_people(4), make_people(MOST_HELD_OUT + 300, seed=1), resume=False)

    told = json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))["training"]
    assert told["held_out"]["people"] == {"made up": MOST_HELD_OUT}


def test_resuming_with_another_recipe_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    people, held_out = make_people(4), make_people(4, seed=1)
    fit(a_run(tmp_path), people, held_out, resume=False)
    rows = log_rows(tmp_path)

    with pytest.raises(RecipeError, match="resume with the same recipe"):
        fit(a_run(tmp_path, recipe=replace(RECIPE, epochs=3)), people, held_out, resume=True)
    assert log_rows(tmp_path) == rows


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that CUDA can use")
def test_a_training_runs_on_the_device_it_was_told(make_people: MakePeople, tmp_path: Path) -> None:
    run = replace(a_run(tmp_path), device=torch.device("cuda"))
    fit(run, make_people(4), make_people(4, seed=1), resume=False)

    assert "cuda" in json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))["training"]["machine"]
