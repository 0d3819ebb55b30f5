from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from poseglass_models.checkpoint import Checkpoint, load, save
from poseglass_models.multi_context import NetworkConfig, Preset
from poseglass_models.skeleton import LSP_14
from poseglass_train.cli import main
from poseglass_train.data.people import People
from poseglass_train.errors import TrainingError
from poseglass_train.training.average import average

MakePeople = Callable[..., People]
CONFIG = NetworkConfig(stacks=1, channels=8)


def write_model(path: Path, seed: int, size: int = 64) -> str:
    network = Preset(CONFIG, size).build(seed)
    with torch.no_grad():
        network.stem[1].running_mean.fill_(float(seed))
    save(path, network, Checkpoint(CONFIG, size, LSP_14, training={"seed": seed}))
    return f"{path}.safetensors"


def test_the_weights_and_running_statistics_are_the_mean(tmp_path: Path, make_people: MakePeople) -> None:
    models = [write_model(tmp_path / str(seed), seed) for seed in (1, 2, 6)]
    average(models, make_people(4), tmp_path / "mean")
    states = [load(model)[0].state_dict() for model in models]
    network, told = load(tmp_path / "mean.safetensors")

    for name, value in network.state_dict().items():
        if value.is_floating_point():
            mean = torch.stack([state[name] for state in states]).mean(dim=0)
            torch.testing.assert_close(value, mean, rtol=2e-3, atol=1e-3)  # written in half the precision
    assert network.stem[1].running_mean[0] == 3
    assert [source["training"] for source in told.training["average_of"]] == [{"seed": 1}, {"seed": 2}, {"seed": 6}]  # type: ignore[attr-defined]
    assert told.training["held_out"]["people"] == make_people(4).counts  # type: ignore[index]


def test_models_of_different_sizes_have_no_mean(tmp_path: Path, make_people: MakePeople) -> None:
    models = [write_model(tmp_path / "a", 1), write_model(tmp_path / "b", 2, size=128)]

    with pytest.raises(
        TrainingError, match=r"b\.safetensors is of another network, size or skeleton than .*a\.safetensors"
    ):
        average(models, make_people(4), tmp_path / "mean")
    assert not (tmp_path / "mean.safetensors").exists()


def test_the_command_averages_and_tells_the_score(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = [write_model(tmp_path / str(seed), seed) for seed in (1, 2)]

    assert main(["average", *models, "--data", str(tiny_data), "--sets", "lsp", "--out", str(tmp_path / "mean")]) == 0
    assert capsys.readouterr().out.startswith("held out ")
    assert load(tmp_path / "mean.safetensors")[1].input_size == 64
