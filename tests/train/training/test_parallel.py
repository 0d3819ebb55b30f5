"""Two processes on the CPU train what one trains."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from poseglass_models.checkpoint import Checkpoint, load, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.skeleton import LSP_14
from poseglass_train.training.parallel import SharedBatchNorm, World, join

PLAIN = ("paper", "fast", "128", "1e-6")


def train(data: Path, out: Path, processes: int, steps: int, how: tuple[str, str, str, str] = PLAIN) -> Path:
    """Run `fit` as a user would, under torchrun where there are several processes.

    how: recipe, weights to start from, side of the crops, and rate. To compare, from trained weights: at random ones a
    change of the picture by a ten-thousandth turns the gradient round. Of people and pixels enough for batch norm: with
    4 at 64 px, where the deepest maps are one pixel, rounding alone makes 5 %.
    """
    run = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"] if processes > 1 else []
    recipe, start, size, rate = how
    chosen = ["--from", start, "--size", size, "--batch", "8", "--rate", rate, "--device", "cpu"]
    data_and_out = ["--data", str(data), "--epochs", str(steps / 4), "--out", str(out)]
    command = [sys.executable, "-m", *run, "poseglass_train", "fit", recipe, *chosen, *data_and_out]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return out


def gradients(out: Path) -> dict[int, torch.Tensor]:
    """Return each parameter's gradient, without its sign, out of RMSprop's memory after one step."""
    state = torch.load(out / "state.pt", weights_only=True)
    assert state["done"] == 1
    return {i: entry["square_avg"].sqrt() for i, entry in state["optimizers"][0]["state"].items()}


def test_two_processes_take_the_step_of_one(tiny_data: Path, tmp_path: Path) -> None:
    one, two = (gradients(train(tiny_data, tmp_path / str(n), n, steps=1)) for n in (1, 2))

    whole, away = (torch.cat([g.ravel() for g in each]) for each in (one.values(), (two[i] - one[i] for i in one)))
    assert away.norm() < 0.01 * whole.norm()
    for i, gradient in one.items():  # what is smaller than the whole's rounding is rounding: biases before batch norms
        assert (two[i] - gradient).norm() <= 0.1 * gradient.norm() + 1e-5 * whole.max()


def test_two_processes_end_with_the_network_of_one(tiny_data: Path, tmp_path: Path) -> None:
    """Over four steps of batch norm, loss, gradient and optimiser; the writer alone writes."""
    one, two = (train(tiny_data, tmp_path / str(n), n, steps=4) for n in (1, 2))

    names = ["log.csv", "state.pt", "weights.json", "weights.safetensors"]
    assert sorted(path.name for path in two.iterdir()) == names
    image = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
    start, checkpoint = load(PLAIN[1])
    network = MultiContextNetwork(replace(start.config, keypoints=len(LSP_14))).eval()
    with torch.inference_mode():
        heatmaps = [start(image).heatmaps[-1][:, [checkpoint.skeleton.names.index(name) for name in LSP_14.names]]]
    for out in (one, two):
        network.load_state_dict(torch.load(out / "state.pt", weights_only=True)["network"])
        with torch.inference_mode():
            heatmaps.append(network(image).heatmaps[-1])
    before, alone, together = heatmaps
    assert (together - alone).norm() < 0.02 * (alone - before).norm()


def test_two_processes_train_a_network_part_of_which_is_frozen(tiny_data: Path, tmp_path: Path) -> None:
    """Neither waits for gradients that nobody computes, and the frozen part comes out as it went in."""
    network = Preset(NetworkConfig(1, 8, stem="pyramid", pyramid_width=0.05), 64).build(0)
    save(tmp_path / "start", network, Checkpoint(network.config, 64, LSP_14))
    out = train(tiny_data, tmp_path / "out", 2, 3, ("pyramid", str(tmp_path / "start"), "64", "1e-2"))

    before, after = (load(path)[0].state_dict() for path in (tmp_path / "start", out / "weights"))
    assert all(torch.equal(after[name], before[name]) for name in before if name.startswith("stem.pyramid."))
    assert not any(torch.equal(after[f"stem.read.{i}.0.weight"], before[f"stem.read.{i}.0.weight"]) for i in range(5))


def test_a_shared_batch_norm_alone_is_torchs_own() -> None:
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        plain, shared = nn.BatchNorm2d(5), SharedBatchNorm(5)
        for _ in range(3):
            x = 3 * torch.randn(4, 5, 6, 7) + 2
            ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
            torch.testing.assert_close(shared(ours), plain(theirs), rtol=1e-4, atol=1e-5)
            weight = torch.randn_like(x)
            (shared(ours) * weight).sum().backward()
            (plain(theirs) * weight).sum().backward()
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(shared.running_mean, plain.running_mean)
        torch.testing.assert_close(shared.running_var, plain.running_var)
        assert shared.num_batches_tracked == plain.num_batches_tracked
        torch.testing.assert_close(shared.eval()(x), plain.eval()(x))
    finally:
        torch.distributed.destroy_process_group()


def test_without_torchrun_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    device = torch.device("cpu")

    assert join(device) == (World(0, 1), device)
    assert World().writes
    assert not World(1, 2).writes
