"""The optimisers that recipes name, each set up for a network's weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from poseglass_train.training.recipes import Course

MUON_PACE = 2.0
"""Rate of Muon's kernels to the recipe's, which is AdamW's: see LOG.md, 2026-11-23."""
MUON_FEWEST = 8
"""Outputs from which on a kernel is a matrix to Muon: of few outputs' it would keep little but their directions."""


class Optimizers:
    """One or several optimisers, each with its part of the weights, stepped as one."""

    def __init__(self, *each: Optimizer) -> None:
        self._each = each

    @property
    def groups(self) -> list[dict[str, Any]]:
        """All groups of parameters."""
        return [group for each in self._each for group in each.param_groups]

    def set_rate(self, rate: float) -> None:
        """Take steps of this rate from now on."""
        for group in self.groups:
            group["lr"] = rate * group.get("pace", 1.0)

    def step(self) -> None:
        """Move the weights along their gradients."""
        for each in self._each:
            each.step()

    def state_dict(self) -> list[dict[str, Any]]:
        """Return all state, for `load_state_dict`."""
        return [each.state_dict() for each in self._each]

    def load_state_dict(self, states: Sequence[Mapping[str, Any]]) -> None:
        """Go on from that state. Raises ValueError where it is of fewer or more optimisers."""
        if len(states) != len(self._each):
            raise ValueError(f"a state of {len(states)} optimisers does not fit {len(self._each)}")
        for each, state in zip(self._each, states, strict=True):
            each.load_state_dict(dict(state))


def kernel_muon(kernels: Sequence[nn.Parameter], weight_decay: float) -> torch.optim.Muon:
    """Return Muon (Jordan et al. 2024) for convolutions: a kernel is the matrix of its outputs by all an output sees.

    Its steps are MUON_PACE times AdamW's by root mean square (Liu et al. 2025), so that one rate does for both; kernels
    decay as AdamW's do.
    """
    # views, so that a step moves the kernels themselves
    matrices = [_as_in_memory(kernel.detach()).view(len(kernel), -1) for kernel in kernels]
    group = {"params": matrices, "pace": MUON_PACE}
    muon = torch.optim.Muon([group], weight_decay=weight_decay / MUON_PACE, adjust_lr_fn="match_rms_adamw")

    def take_gradients(*_: object) -> None:
        for kernel, matrix in zip(kernels, matrices, strict=True):
            matrix.grad = None if kernel.grad is None else _as_in_memory(kernel.grad).reshape(matrix.shape)

    muon.register_step_pre_hook(take_gradients)
    return muon


def _as_in_memory(kernel: Tensor) -> Tensor:
    """Return (outputs, height, width, inputs): in channels_last a kernel lies so in memory."""
    return kernel.permute(0, 2, 3, 1)


def _is_matrix(kernel: nn.Parameter) -> bool:
    """Tell whether the rows of a kernel, one an output, see the same inputs; those of one a channel do not."""
    return kernel.dim() > 1 and len(kernel) >= MUON_FEWEST and kernel.shape[1] > 1


def make_optimizers(network: nn.Module, recipe: Course) -> Optimizers:
    """Return what moves the network's weights, which lie where they will stay, in channels_last.

    Weights that the recipe freezes need no gradient from now on. Those at a pace of their own are AdamW's: what was
    trained before is to be moved a little, which Muon's steps, all of one size, do not.
    """
    paces = {name: recipe.pace(name) for name, _ in network.named_parameters()}
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(paces[name] > 0)
    learning = [(p, paces[name]) for name, p in network.named_parameters() if paces[name] > 0]
    if recipe.optimizer == "rmsprop":
        # alpha 0.99 and eps 1e-8 are Torch7's, which the release trained with
        groups = [{"params": [p for p, at in learning if at == pace], "pace": pace} for pace in _different(learning)]
        return Optimizers(torch.optim.RMSprop(groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay))
    matrices = [p for p, pace in learning if recipe.optimizer == "muon" and pace == 1 and _is_matrix(p)]
    taken = set(map(id, matrices))
    rest = [(p, pace) for p, pace in learning if id(p) not in taken]
    groups = [
        group for pace in _different(rest) for group in _groups([p for p, at in rest if at == pace], pace, recipe)
    ]
    adamw = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
    return Optimizers(kernel_muon(matrices, recipe.weight_decay), adamw) if matrices else Optimizers(adamw)


def _different(learning: Sequence[tuple[nn.Parameter, float]]) -> list[float]:
    return list(dict.fromkeys(pace for _, pace in learning))


def _groups(parameters: Sequence[nn.Parameter], pace: float, recipe: Course) -> list[dict[str, Any]]:
    """Divide AdamW's weights by decay: norms and biases have none."""
    kernels, others = ([p for p in parameters if (p.dim() > 1) is kernel] for kernel in (True, False))
    decays = ((kernels, recipe.weight_decay), (others, 0.0))
    return [{"params": each, "weight_decay": decay, "pace": pace} for each, decay in decays if each]
