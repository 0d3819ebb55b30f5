import json
from pathlib import Path

import pytest
import torch

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14
from poseglass_train.cli import main
from poseglass_train.evaluate.timing import TIMES, milliseconds


def test_looks_are_timed_in_turn_on_one_thread() -> None:
    looked: list[str] = []
    threads = torch.get_num_threads()

    def look(name: str) -> None:
        assert torch.get_num_threads() == 1
        looked.append(name)

    took = milliseconds({"first": lambda: look("first"), "second": lambda: look("second")})

    assert looked == ["first", "second"] * TIMES
    assert list(took) == ["first", "second"]
    assert torch.get_num_threads() == threads


def test_the_command_times_each_network_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = []
    for channels in (8, 64):
        config = NetworkConfig(stacks=1, channels=channels)
        save(tmp_path / f"of_{channels}", MultiContextNetwork(config), Checkpoint(config, 64, LSP_14))
        models.append(str(tmp_path / f"of_{channels}.safetensors"))

    assert main(["evaluate", "time", *models, "--json", str(tmp_path / "times.json"), "--device", "cpu"]) == 0

    told = json.loads((tmp_path / "times.json").read_text())
    assert list(told["milliseconds"]) == list(told["sha256"]) == models
    assert told["milliseconds"][models[0]] < told["milliseconds"][models[1]]
    assert capsys.readouterr().out.count(" ms\n") == len(models)
