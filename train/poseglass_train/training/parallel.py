"""Training on several devices or machines under `torchrun`: who we are, and batch norm over all of a batch.

Shapes: B batch, C channels, H height, W width.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class World:
    """One of `size` processes that train together, each on its share of every batch."""

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Say whether this is the one process that writes files."""
        return self.rank == 0

    def total(self, value: Tensor) -> Tensor:
        """Return the sum of a value over all processes; for numbers that nothing is learned from."""
        if self.size == 1:
            return value
        value = value.clone()
        dist.all_reduce(value)
        return value


ALONE = World()


def join(device: torch.device) -> tuple[World, torch.device]:
    """Meet the other processes that torchrun started, if it did; return who we are and the device that is ours."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return World(), device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return World(dist.get_rank(), size), device


def leave() -> None:
    """Part from the other processes."""
    if dist.is_initialized():
        dist.destroy_process_group()


def share_batch_norm(network: nn.Module, device: torch.device) -> None:
    """Make every batch norm take its statistics over all processes, in place: torch's on GPUs, ours elsewhere."""
    for name, child in network.named_children():
        if isinstance(child, nn.BatchNorm2d):
            shared = nn.SyncBatchNorm if device.type == "cuda" else SharedBatchNorm
            setattr(network, name, _like(child, shared(child.num_features, child.eps, child.momentum)))
        else:
            share_batch_norm(child, device)


def _like(old: nn.BatchNorm2d, new: nn.Module) -> nn.Module:
    new.load_state_dict(old.state_dict())
    return new.train(old.training).to(old.weight.device)


class _Total(torch.autograd.Function):
    """The sum over all processes; as each of them uses it, its gradient is the sum of theirs."""

    @staticmethod
    def forward(_: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm over the batches of all processes, on any device; torch's own needs GPUs. (B, C, H, W) -> the same."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Normalise by the statistics of all processes' inputs, which may differ in number."""
        if not self.training:
            return super().forward(x_BCHW)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        x = x_BCHW.float()
        count = torch.full((1,), float(x.numel() // x.shape[1]), device=x.device)
        totals = _Total.apply(torch.cat([x.sum((0, 2, 3)), (x * x).sum((0, 2, 3)), count]))
        sum_C, square_C, n = totals.split([self.num_features, self.num_features, 1])
        mean_C = sum_C / n
        variance_C = (square_C / n - mean_C**2).clamp(min=0)  # rounding
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean_C, self.momentum)
            self.running_var.lerp_(variance_C * n / (n - 1), self.momentum)
        scale_C = self.weight * torch.rsqrt(variance_C + self.eps)
        shift_C = self.bias - mean_C * scale_C
        normalised: Tensor = x * scale_C[:, None, None] + shift_C[:, None, None]
        return normalised.to(x_BCHW.dtype)
