"""The training loop: steps, averaged weights, checkpoints that resume to the step.

Everything random is drawn from (seed, epoch) or (seed, step), so a resumed training is the uninterrupted one.
Shapes: B batch, K keypoints, H x W heatmap.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from poseglass_models.codec import encode
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_train.augment import augment
from poseglass_train.errors import DivergedError, RecipeError
from poseglass_train.pack import Packed
from poseglass_train.recipes import Recipe


@dataclass(frozen=True)
class Step:
    """What one step did."""

    step: int  # from 1
    of: int
    epoch: float
    loss: float  # squared error a keypoint, summed over a heatmap's pixels and over stacks
    rate: float


class Training:
    """A network on its way: the only holder of what changes from step to step."""

    def __init__(self, network: MultiContextNetwork, recipe: Recipe, people: Packed, input_size: int) -> None:
        self.recipe, self.people, self.input_size = recipe, people, input_size
        self.device = people.image_NHW3.device
        self.network = network.to(self.device).to(memory_format=torch.channels_last)
        self.optimizer = _optimizer(self.network, recipe)
        average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]  # torch has no type here
        self._averaged = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True) if recipe.ema else None
        self.done = 0
        self.epoch_steps = max(1, len(people) // recipe.batch)
        self.total = max(1, round(self.epoch_steps * recipe.epochs))

    @property
    def result(self) -> MultiContextNetwork:
        """The weights to keep: averaged where the recipe says so."""
        module = self._averaged.module if self._averaged else self.network
        assert isinstance(module, MultiContextNetwork)
        return module

    def run(self, steps: int | None = None) -> Iterator[Step]:
        """Train on to the end, or by so many steps; one item a step. Raises DivergedError."""
        last = self.total if steps is None else min(self.total, self.done + steps)
        while self.done < last:
            rate = self.recipe.rate(self.done / self.total)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            loss = self._step()
            self.done += 1
            yield Step(self.done, self.total, self.done / self.epoch_steps, loss, rate)

    def _step(self) -> float:
        recipe = self.recipe
        dice = _dice(recipe.seed, 0, self.done)
        batch = augment(self.people.take(self._rows()), self.input_size, recipe.augmentation, dice)
        image = batch.image_B3NN.contiguous(memory_format=torch.channels_last)
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=recipe.bfloat16):
            output = self.network(image)
        loss = heatmap_loss(output.heatmaps, batch.xy_BK2, recipe.sigma)
        value = loss.item()
        if not np.isfinite(value):
            raise DivergedError(f"loss is {value} at step {self.done + 1}; lower the rate of recipe {recipe.name!r}")
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # nor here
        self.optimizer.step()
        if self._averaged:
            self._averaged.update_parameters(self.network)
        return value

    def _rows(self) -> Tensor:
        epoch, place = divmod(self.done, self.epoch_steps)
        dice = _dice(self.recipe.seed, 1, epoch)
        order = torch.randperm(len(self.people), generator=dice)
        return order[place * self.recipe.batch :][: self.recipe.batch].to(self.device)

    def save(self, path: Path) -> None:
        """Write all state, in one piece or not at all."""
        state = {
            "made_with": self._made_with(),
            "done": self.done,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "averaged": self._averaged.state_dict() if self._averaged else None,
        }
        staged = path.with_suffix(".part")
        torch.save(state, staged)
        staged.replace(path)

    def _made_with(self) -> str:
        recipe, network = asdict(self.recipe), asdict(self.network.config)
        return repr({**recipe, **network, "input_size": self.input_size, "people": len(self.people)})

    def resume(self, path: Path) -> None:
        """Go on from what `save` wrote. Raises RecipeError when recipe, network, size or data differ."""
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            made_with = state["made_with"]
        except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
            raise RecipeError(f"{path}: not a state to resume from; choose another --out ({error!r})") from error
        if made_with != self._made_with():
            raise RecipeError(f"{path} was trained with {made_with}; resume with the same recipe and options")
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self._averaged:
            self._averaged.load_state_dict(state["averaged"])
        self.done = state["done"]


def heatmap_loss(heatmaps: tuple[Tensor, ...], xy_BK2: Tensor, sigma: float) -> Tensor:
    """Squared error to Gaussians, eq. 14: summed over pixels and stacks, a mean over the annotated keypoints."""
    target_BKHW = encode(xy_BK2, (heatmaps[0].shape[-2], heatmaps[0].shape[-1]), sigma)
    weight_BK = torch.isfinite(xy_BK2).all(dim=-1).float()
    error_BK = sum(((heat.float() - target_BKHW) ** 2).sum(dim=(-2, -1)) for heat in heatmaps)
    return (error_BK * weight_BK).sum() / weight_BK.sum().clamp(min=1)


def _dice(*entropy: int) -> torch.Generator:
    """Return a generator of its own for each tuple of whole numbers."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence(entropy).generate_state(1)[0]))


def _optimizer(network: MultiContextNetwork, recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "rmsprop":
        # alpha 0.99 and eps 1e-8 are Torch7's, which the release trained with
        return torch.optim.RMSprop(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    kernels = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]  # norms and biases are not decayed
    groups = [{"params": kernels, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
