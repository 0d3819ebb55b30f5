"""What the training loop costs beside the network, and what it needs of memory: ratios, measured in one run.

Run with `python -m pytest -m benchmark -s tests/benchmarks/test_training.py`, on a GPU where there is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from poseglass_models.multi_context import Preset, paper, small
from poseglass_models.skeleton import LSP_14
from poseglass_train.data.people import People
from poseglass_train.training.augment import augment
from poseglass_train.training.loop import Training, heatmap_error, move_towards
from poseglass_train.training.recipes import Recipe, hardy

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
AUTHORS_GB = 12
"""The memory of one of the four cards that the authors' release asks for."""


def people(count: int) -> People:
    dice = torch.Generator().manual_seed(0)
    return People(
        torch.randint(0, 256, (count, 256, 256, 3), generator=dice, dtype=torch.uint8),
        60 + 140 * torch.rand(count, 14, 2, generator=dice),
        torch.full((count, 2), 127.5),
        torch.full((count,), 180.0),
        torch.zeros(count, dtype=torch.long),
        ("made up",),
        LSP_14,
    ).to(DEVICE)


def training(preset: Preset, batch: int) -> Training:
    recipe: Recipe = replace(hardy(), batch=batch, epochs=1000)
    return Training(preset.build(0), recipe, people(4 * batch), preset.input_size)


def seconds(steps: int, work: Callable[[], object]) -> float:
    """Return seconds a step, waiting for the device at both ends only."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        work()
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / steps


def ready_step(loop: Training, image: Tensor, xy_BK2: Tensor) -> None:
    """Train on a batch that lies ready: network, loss, gradient, optimiser and average, nothing else."""
    with torch.autocast(DEVICE.type, torch.bfloat16):
        output = loop._forward(image)
    error, known = heatmap_error(output.heatmaps, xy_BK2, loop.recipe.sigma)
    loop.network.zero_grad()
    (error / known).backward()  # type: ignore[no-untyped-call]
    loop.optimizers.step()
    assert loop._averaged is not None
    move_towards(loop._averaged, loop.network, loop.recipe.ema)


@pytest.mark.benchmark
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("preset", "batch", "steps"), [(small(), 32, 8), (paper(), 8, 2)], ids=["2x128", "8x256"])
def test_the_loop_reaches_nine_tenths_of_the_network_alone(preset: Preset, batch: int, steps: int):
    loop = training(preset, batch)
    if DEVICE.type == "cuda":
        steps *= 20
    ready = augment(loop.people.take(torch.arange(batch)), preset.input_size, hardy().augmentation, torch.Generator())
    image = ready.image_B3NN.contiguous(memory_format=torch.channels_last)
    whole_steps = loop.run()

    def whole() -> None:
        next(whole_steps)

    def alone() -> None:
        ready_step(loop, image, ready.xy_BK2)

    seconds(2, whole), seconds(2, alone)  # warm up, compile
    pairs = [(seconds(steps, whole), seconds(steps, alone)) for _ in range(3)]
    whole_s, alone_s = (sorted(column)[1] for column in zip(*pairs, strict=True))
    ratio = alone_s / whole_s
    print(f"\n{DEVICE}: {batch / whole_s:.1f} people/s of {batch / alone_s:.1f} with a ready batch: {ratio:.2f}")

    assert ratio >= 0.9


@pytest.mark.benchmark
@pytest.mark.timeout(900)
def test_the_papers_network_trains_in_less_memory_than_one_of_the_authors_cards():
    """Measured on a GPU. Elsewhere counted: what a step keeps for its gradient, and all that lasts."""
    loop = training(paper(), 8)
    if DEVICE.type == "cuda":
        list(loop.run(3))
        peak = torch.cuda.max_memory_allocated()
    else:
        kept = kept_for_gradient(loop)
        weights = sum(p.nbytes for p in loop.network.parameters())
        peak = kept + 5 * weights + loop.people.image_NHW3.nbytes  # weights, average, gradient, AdamW's two moments
    print(f"\n{DEVICE}: {peak / 1e9:.1f} GB for 8 x 256 at 256 px, batch 8")

    assert peak < AUTHORS_GB * 1e9


def kept_for_gradient(loop: Training) -> int:
    """Count the bytes of all memory that one step's graph holds on to, each once."""
    weights = {p.untyped_storage().data_ptr() for p in loop.network.parameters()}
    held: dict[int, int] = {}
    keep_alive: list[Tensor] = []

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            held[storage.data_ptr()] = storage.nbytes()
            keep_alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        next(loop.run())
    return sum(held.values())
