"""How long a network takes for one look, beside others in the same run: a machine's speed changes from run to run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import torch

from poseglass_models.checkpoint import load
from poseglass_models.inference import has_fast_bfloat16

TIMES = 20
"""Looks of each network that are timed in turn; the quickest is told."""


def milliseconds(looks: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return how long each look takes at its quickest, in turn, in processor time of one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    took: dict[str, list[float]] = {name: [] for name in looks}
    try:
        for _ in range(TIMES):
            for name, look in looks.items():
                start = time.process_time()
                look()
                took[name].append(1000 * (time.process_time() - start))
    finally:
        torch.set_num_threads(threads)
    return {name: min(each) for name, each in took.items()}


def look_at_a_crop(model: str, device: torch.device) -> Callable[[], object]:
    """Return a pose network's look at one crop of its own size, in the precision in which the tracker computes.

    Raises CheckpointError.
    """
    network, checkpoint = load(model)
    estimator = network.to(device).to(memory_format=torch.channels_last)
    crop_13NN = torch.zeros(1, 3, checkpoint.input_size, checkpoint.input_size, device=device)
    bfloat16 = has_fast_bfloat16(device)

    def look() -> object:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            return estimator(crop_13NN)

    return look


def network_times(models: Sequence[str], device: torch.device) -> dict[str, float]:
    """Return milliseconds a crop of each pose network. Raises CheckpointError."""
    return milliseconds({model: look_at_a_crop(model, device) for model in models})
