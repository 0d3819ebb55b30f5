"""The training loop: steps, averaged weights, checkpoints that resume to the step.

Everything random is drawn from (seed, epoch) or (seed, step), so a resumed training is the uninterrupted one: bit for
bit on a CPU; a GPU sums in an order of its own.
Shapes: B batch, K keypoints, H x W heatmap.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import get_ema_multi_avg_fn

from poseglass_models.codec import encode
from poseglass_models.inference import has_fast_bfloat16
from poseglass_models.multi_context import MultiContextNetwork, NetworkOutput
from poseglass_train.data.people import People
from poseglass_train.errors import DivergedError, RecipeError
from poseglass_train.training.augment import crop, draw
from poseglass_train.training.optimizers import make_optimizers
from poseglass_train.training.parallel import ALONE, World, share_batch_norm
from poseglass_train.training.recipes import Recipe
from poseglass_train.training.state import MADE_WITH, keep_state, kept_state

CHECK_STEPS = 20
"""Steps between two looks at the loss: each look waits for the device."""


@dataclass(frozen=True)
class Step:
    """What one step did."""

    step: int  # from 1
    of: int
    epoch: float
    loss: Tensor  # of one number: squared error a keypoint, summed over a heatmap's pixels and over stacks
    rate: float


class Training:
    """A network on its way: the only holder of what changes from step to step.

    In a world of several processes each takes its share of every batch, and all hold the same weights.
    """

    def __init__(
        self,
        network: MultiContextNetwork,
        recipe: Recipe,
        people: People,
        input_size: int,
        world: World = ALONE,
        compiled: bool = False,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self._facts = dict(facts or {})  # where it started; a state is resumed only by a training that says the same
        self.recipe, self.people, self.input_size, self.world = recipe, people, input_size, world
        self.device = people.image_NHW3.device
        self._bfloat16 = recipe.bfloat16 and has_fast_bfloat16(self.device)
        if world.size > 1:
            share_batch_norm(network, self.device)
        self.network = network.to(self.device).to(memory_format=torch.channels_last)
        self.optimizers = make_optimizers(self.network, recipe)
        self._forward = _forward(self.network, world, compiled)  # which waits for no gradient of what is frozen by now
        self._averaged = copy.deepcopy(self.network) if recipe.ema else None
        self.done = 0
        self._loss = torch.zeros(())
        self._shown = _shown(people, dict(recipe.times))
        if len(self._shown) == 1:
            self._shown = self._shown.repeat(2)  # batch norm takes no statistics of one crop, where maps are a pixel
        self._epoch, self._order = -1, self._shown
        if min(recipe.batch, len(self._shown)) < world.size:
            raise RecipeError(
                f"{world.size} processes, but only {min(recipe.batch, len(self._shown))} people in a batch"
            )
        self.epoch_steps = max(1, len(self._shown) // recipe.batch)
        self.total = max(1, round(self.epoch_steps * recipe.epochs))

    @property
    def result(self) -> MultiContextNetwork:
        """The weights to keep: averaged where the recipe says so."""
        return self._averaged or self.network

    def run(self, steps: int | None = None) -> Iterator[Step]:
        """Train on to the end, or by so many steps; one item a step. Raises DivergedError."""
        last = self.total if steps is None else min(self.total, self.done + steps)
        while self.done < last:
            rate = self.recipe.rate(self.done / self.total)
            self.optimizers.set_rate(rate)
            self._loss = self._step()
            self.done += 1
            if self.done % CHECK_STEPS == 0 or self.done == last:
                self.check()
            yield Step(self.done, self.total, self.done / self.epoch_steps, self._loss, rate)

    def check(self) -> None:
        """Raise DivergedError where the last loss is not finite: what is lost once stays lost."""
        if not torch.isfinite(self._loss):
            raise DivergedError(
                f"the loss is {self._loss.item()} by step {self.done}; lower the rate of recipe {self.recipe.name!r}"
            )

    def _step(self) -> Tensor:
        """Take one step; return the loss over the batches of all processes."""
        recipe, world = self.recipe, self.world
        rows = self._rows()
        chances = draw(len(rows), len(self.people.skeleton), recipe.augmentation, _dice(recipe.seed, 0, self.done))
        mine = rows[world.rank :: world.size].to(self.device, non_blocking=True)
        batch = crop(self.people.take(mine), self.input_size, chances.share(world.rank, world.size))
        image = batch.image_B3NN.contiguous(memory_format=torch.channels_last)
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bfloat16):
            output = self._forward(image)
        error, known = heatmap_error(output.heatmaps, batch.xy_BK2, recipe.sigma)
        known = world.total(known).clamp(min=1)
        self.network.zero_grad()
        (error * world.size / known).backward()  # type: ignore[no-untyped-call]  # DistributedDataParallel divides by the number of processes
        self.optimizers.step()
        if self._averaged:
            move_towards(self._averaged, self.network, ema_at(recipe.ema, self.done))
        return world.total(error.detach()) / known

    def _rows(self) -> Tensor:
        epoch, place = divmod(self.done, self.epoch_steps)
        if epoch != self._epoch:
            order = torch.randperm(len(self._shown), generator=_dice(self.recipe.seed, 1, epoch))
            self._epoch, self._order = epoch, self._shown[order]
        return self._order[place * self.recipe.batch :][: self.recipe.batch]

    def check_weights(self) -> None:
        """Raise DivergedError where the weights to keep are no numbers in the half precision they are kept in."""
        self.check()
        if not all(p.half().isfinite().all() for p in self.result.parameters()):
            raise DivergedError(
                f"weights beyond all bounds at step {self.done}; lower the rate of {self.recipe.name!r}"
            )

    def save(self, path: Path) -> None:
        """Write all state, in one piece or not at all. Raises DivergedError rather than to keep what is lost."""
        self.check_weights()
        state = {
            MADE_WITH: self._made_with(),
            "done": self.done,
            "network": self.network.state_dict(),
            "optimizers": self.optimizers.state_dict(),
            "averaged": self._averaged.state_dict() if self._averaged else None,
        }
        keep_state(path, state)

    def _made_with(self) -> dict[str, str]:
        """Return all that must not change while a training goes on, in words that a state can hold."""
        made_with = {**asdict(self.recipe), **asdict(self.network.config), "input_size": self.input_size}
        people = self.people
        labels = zlib.crc32(people.xy_NK2.cpu().numpy().tobytes(), zlib.crc32(people.set_N.cpu().numpy().tobytes()))
        all_of_it = {**made_with, **self._facts, "people": people.counts, "labels": labels}
        return {name: repr(value) for name, value in all_of_it.items()}

    def resume(self, path: Path) -> None:
        """Go on from what `save` wrote. Raises RecipeError when recipe, network, size or data differ."""
        state = kept_state(path, self._made_with())
        self.network.load_state_dict(state["network"])
        self.optimizers.load_state_dict(state["optimizers"])
        if self._averaged:
            self._averaged.load_state_dict(state["averaged"])
        self.done = state["done"]
        if self.world.total(torch.tensor(float(self.done), device=self.device)) != self.world.size * self.done:
            raise RecipeError(f"{path}: not all processes see the same state; put --out where all can read it")


def _shown(people: People, times: Mapping[str, int]) -> Tensor:
    """Return the places of an epoch's people, on the CPU; those of some data sets more than once."""
    of_set = people.set_N.cpu()
    times_N = torch.tensor([times.get(name, 1) for name in people.sets])[of_set]
    return torch.repeat_interleave(torch.arange(len(of_set)), times_N)


def ema_at(decay: float, done: int) -> float:
    """Return the decay after so many steps: at first the average follows closely, as what it starts from is nothing."""
    return min(decay, (1 + done) / (10 + done))


def move_towards(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the averaged weights and running statistics towards the network's, by 1 - `decay` of the way."""
    olds, news = averaged.state_dict().values(), network.state_dict().values()
    pairs = [(old, new) for old, new in zip(olds, news, strict=True) if old.is_floating_point()]
    get_ema_multi_avg_fn(decay)([old for old, _ in pairs], [new for _, new in pairs], None)  # type: ignore[no-untyped-call]


def heatmap_error(heatmaps: tuple[Tensor, ...], xy_BK2: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Return the squared error to Gaussians summed over all (eq. 14), and the number of annotated keypoints."""
    target_BKHW = encode(xy_BK2, (heatmaps[0].shape[-2], heatmaps[0].shape[-1]), sigma)
    known_BK = 1 - xy_BK2.isnan().any(dim=-1).float()  # of what is known to be out of the picture, the map is empty
    error_BK = sum(((heat.float() - target_BKHW) ** 2).sum(dim=(-2, -1)) for heat in heatmaps)
    return (error_BK * known_BK).sum(), known_BK.sum()


def _forward(network: MultiContextNetwork, world: World, compiled: bool) -> Callable[[Tensor], NetworkOutput]:
    forward: Callable[[Tensor], NetworkOutput] = network
    if world.size > 1:
        forward = DistributedDataParallel(network)
    return torch.compile(forward) if compiled else forward


def _dice(*entropy: int) -> torch.Generator:
    """Return a generator of its own for each tuple of whole numbers."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence(entropy).generate_state(1)[0]))
