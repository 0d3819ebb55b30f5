import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from movenet import build
from poseglass_models.checkpoint import load
from poseglass_models.multi_context import pyramid_small, tiny
from poseglass_train.cli import main
from poseglass_train.data.pack import make_pack
from poseglass_train.data.people import unpack
from poseglass_train.data.sets import read_set
from poseglass_train.training.loop import Training
from poseglass_train.training.recipes import paper


def fit(data: Path, out: Path, *options: str) -> int:
    """Train tiny for two steps, the shortest whole run there is."""
    chosen = ["--data", str(data), "--out", str(out), "--preset", "tiny", "--size", "64", "--epochs", "0.5"]
    return main(["fit", "paper", *chosen, "--device", "cpu", *options])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the single line on standard error, after any progress bar."""
    lines = [line for line in capsys.readouterr().err.splitlines() if "step/s" not in line and "?step" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("poseglass-train: ")
    return lines[0]


@pytest.fixture(scope="module")
def trained(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a training that `fit` has run to its end."""
    out = tmp_path_factory.mktemp("runs") / "out"
    assert fit(tiny_data, out) == 0
    return out


@pytest.fixture
def out(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of the trained folder that a test may change."""
    shutil.copytree(trained, tmp_path / "out")
    return tmp_path / "out"


def test_fit_writes_weights_their_json_and_a_log(trained: Path) -> None:
    network, checkpoint = load(trained / "weights")

    assert checkpoint.network.channels == 64 == network.config.channels
    assert checkpoint.input_size == 64
    assert checkpoint.training["preset"] == "tiny"
    assert checkpoint.training["steps"] == 2
    assert checkpoint.training["people"] == {"lsp": 16, "lspet": 16}
    with (trained / "log.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["step"] == "2"
    assert float(row["rate"]) == 2.5e-4


def test_fit_says_where_the_weights_are(tiny_data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(tiny_data, out, "--resume") == 0

    assert capsys.readouterr().out == f"wrote {out / 'weights'}.safetensors\n"


def test_fit_refuses_to_train_over_a_training(tiny_data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (out / "weights.safetensors").read_bytes()

    assert fit(tiny_data, out) == 2
    assert "add --resume" in one_line(capsys)
    assert (out / "weights.safetensors").read_bytes() == before


def test_fit_goes_on_with_what_was_interrupted(tiny_data: Path, trained: Path, tmp_path: Path) -> None:
    """Take the state back to the first of the two steps, as if the machine had stopped then."""
    people, _ = unpack(make_pack({name: read_set(name, tiny_data) for name in ("lsp", "lspet")}))
    training = Training(tiny().build(0), replace(paper(), epochs=0.5), people, 64, facts={"preset": "tiny"})
    list(training.run(1))
    training.save(tmp_path / "state.pt")

    assert fit(tiny_data, tmp_path, "--resume") == 0
    assert (tmp_path / "weights.safetensors").read_bytes() == (trained / "weights.safetensors").read_bytes()


def test_fit_starts_from_weights_with_a_further_stack(tiny_data: Path, trained: Path, tmp_path: Path) -> None:
    chosen = ["--data", str(tiny_data), "--from", str(trained / "weights"), "--stacks", "3", "--epochs", "0.5"]
    assert main(["fit", "paper", *chosen, "--out", str(tmp_path / "grown"), "--device", "cpu"]) == 0

    network, checkpoint = load(tmp_path / "grown" / "weights")
    assert checkpoint.network.stacks == 3 == len(network.stacks)
    assert checkpoint.training["from"] == str(trained / "weights")


@pytest.fixture(scope="module")
def pyramid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path, without suffix, of a pyramid of the width that `pyramid-small` has."""
    folder = tmp_path_factory.mktemp("released")
    build(1.0, 64, 64).write(folder, "noise")
    assert main(["pyramid", str(folder), "--name", "noise", "--out", str(folder / "imported")]) == 0
    return folder / "imported"


def fit_on_pyramid(data: Path, out: Path, recipe: str, *options: str) -> int:
    chosen = ["--data", str(data), "--out", str(out), "--size", "64", "--batch", "8", "--epochs", "0.5"]
    return main(["fit", recipe, *chosen, "--device", "cpu", *options])


def test_fit_stands_on_a_pretrained_pyramid_and_leaves_it_as_it_is(
    tiny_data: Path, pyramid: Path, tmp_path: Path
) -> None:
    assert fit_on_pyramid(tiny_data, tmp_path, "pyramid", "--preset", "pyramid-small", "--pyramid", str(pyramid)) == 0

    network, checkpoint = load(tmp_path / "weights")
    given = load_file(pyramid.with_suffix(".safetensors"))
    for name, tensor in network.stem.pyramid.state_dict().items():
        assert torch.equal(tensor, given[name].float())
    reads = "stem.read.0.0.weight"
    assert not torch.equal(network.state_dict()[reads], pyramid_small().build(0).state_dict()[reads].half().float())
    told = checkpoint.training
    assert told["pyramid"] == json.loads(pyramid.with_suffix(".json").read_text())
    assert (told["preset"], told["recipe"]["paces"]) == ("pyramid-small", [["stem.pyramid.", 0.0]])


def test_all_of_it_can_be_tuned_from_there(tiny_data: Path, pyramid: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    fit_on_pyramid(tiny_data, before, "pyramid", "--preset", "pyramid-small", "--pyramid", str(pyramid))
    assert fit_on_pyramid(tiny_data, after, "pyramid-tune", "--from", str(before / "weights")) == 0

    old, new = (load(path / "weights")[0].state_dict() for path in (before, after))
    kernels = ("stem.pyramid.blocks.3.expand.weight", "stem.read.0.0.weight")
    pyramids, reads = (float((new[name] - old[name]).abs().max()) for name in kernels)
    assert 0 < pyramids < 0.5 * reads


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--preset", "pyramid-small"], ["'pyramid-small'", "--pyramid FILE", "--from"]),
        (["--preset", "pyramid", "--pyramid", "PYRAMID"], ["PYRAMID.safetensors", "width 1.0", "1.75"]),
        (["--preset", "pyramid-small", "--pyramid", "NOWHERE"], ["NOWHERE.json"]),
        (["--preset", "tiny", "--pyramid", "PYRAMID"], ["--pyramid PYRAMID", "--preset tiny"]),
        (["--from", "default", "--pyramid", "PYRAMID"], ["--pyramid PYRAMID", "--from default"]),
    ],
)
def test_a_pyramid_that_is_missing_or_does_not_fit_is_one_line(
    options: list[str],
    told: list[str],
    tiny_data: Path,
    pyramid: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"PYRAMID": str(pyramid), "NOWHERE": str(tmp_path / "nowhere")}

    def placed(text: str) -> str:
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    capsys.readouterr()
    assert fit_on_pyramid(tiny_data, tmp_path / "out", "pyramid", *map(placed, options)) == 2
    line = one_line(capsys)
    assert [words for words in map(placed, told) if words not in line] == []
    assert not (tmp_path / "out").exists()


OTHERWISE = [("--seed", "1"), ("--epochs", "2"), ("--preset", "small"), ("--stacks", "3"), ("--size", "128")]


@pytest.mark.parametrize("option", OTHERWISE)
def test_resuming_with_other_options_is_refused(
    tiny_data: Path, out: Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(tiny_data, out, "--resume", *option) == 2
    assert "state.pt" in one_line(capsys)


def test_missing_data_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(tmp_path / "nowhere", tmp_path / "out") == 2
    assert "nowhere/lsp/joints.mat" in one_line(capsys)
    assert not (tmp_path / "out").exists()


def test_a_size_the_network_cannot_take_is_one_line(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(tiny_data, tmp_path / "out", "--size", "100") == 2
    assert "64" in one_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "COMMAND"),
        (["fit", "slow", "--data", "d", "--out", "o"], "slow"),
        (["fit", "paper", "--data", "d"], "--out"),
        (["fit", "paper", "--data", "d", "--out", "o", "--preset", "huge"], "huge"),
        (["fit", "paper", "--data", "d", "--out", "o", "--device", "toaster"], "toaster"),
        (["fit", "paper", "--data", "d", "--out", "o", "--device", "cuda:99"], "cuda:99"),
        (["fit", "paper", "--data", "d", "--out", "o", "--batch", "0"], "--batch"),
        (["fit", "paper", "--data", "d", "--out", "o", "--seed", "-1"], "--seed"),
        (["fit", "paper", "--data", "d", "--out", "o", "--epochs", "inf"], "--epochs"),
        (["fit", "paper", "--data", "d", "--images", "i", "--out", "o"], "--images"),
        (["pack", "--data", "d", "--out", "o", "--part-mib", "0"], "--part-mib"),
    ],
)
def test_a_wrong_command_line_is_status_2_with_the_complaint(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_disk_that_does_not_take_it_is_one_line(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    assert fit(tiny_data, tmp_path / "file" / "out") == 2
    assert "file" in one_line(capsys)


def test_help_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["fit", "--help"])

    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert "paper" in told
    assert "swift" in told


def test_the_module_runs_as_a_program() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "poseglass_train", "--help"], capture_output=True, text=True, check=True
    )

    assert "fit" in result.stdout


def test_importing_the_command_line_changes_no_global_setting() -> None:
    code = (
        "import torch; before = torch.get_num_threads(), torch.is_grad_enabled(), torch.initial_seed();"
        "import poseglass_train.cli;"
        "assert before == (torch.get_num_threads(), torch.is_grad_enabled(), torch.initial_seed())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert torch.is_grad_enabled()
