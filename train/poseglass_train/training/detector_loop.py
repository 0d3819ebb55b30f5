"""A detector's training loop: random views, steps, averaged weights.

Everything random is drawn from (seed, step), so a resumed training is the uninterrupted one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from poseglass_models.detector import PersonDetector
from poseglass_models.inference import has_fast_bfloat16
from poseglass_train.data.album import Page
from poseglass_train.errors import DivergedError, RecipeError
from poseglass_train.training.centres import Target, loss, target
from poseglass_train.training.detector_recipe import DetectorRecipe
from poseglass_train.training.framing import view
from poseglass_train.training.loop import CHECK_STEPS, ema_at, move_towards
from poseglass_train.training.optimizers import make_optimizers
from poseglass_train.training.state import MADE_WITH, keep_state, kept_state


class DetectorTraining:
    """A detector on its way: the only holder of what changes from step to step."""

    def __init__(
        self,
        network: PersonDetector,
        recipe: DetectorRecipe,
        pages: Sequence[Page],
        device: torch.device,
        facts: Mapping[str, object],
    ) -> None:
        self.recipe, self.device, self._facts = recipe, device, dict(facts)
        self._pages = {name: [page for page in pages if page.source == name] for name, _ in recipe.shares}
        if missing := [name for name, of_set in self._pages.items() if not of_set]:
            raise RecipeError(f"no pictures of {', '.join(missing)}, which recipe {recipe.name!r} draws from")
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.optimizers = make_optimizers(self.network, recipe)
        self._averaged = copy.deepcopy(self.network)
        self._bfloat16 = recipe.bfloat16 and has_fast_bfloat16(device)
        self.done = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures each set has."""
        return {name: len(of_set) for name, of_set in self._pages.items()}

    @property
    def result(self) -> PersonDetector:
        """The averaged weights."""
        return self._averaged

    def run(self) -> Iterator[tuple[int, float]]:
        """Train to the end; now and then yield the step's number and the last ones' mean loss. Raises DivergedError."""
        losses: list[Tensor] = []
        while self.done < self.recipe.steps:
            self.optimizers.set_rate(self.recipe.rate(self.done / self.recipe.steps))
            losses.append(self._step())
            self.done += 1
            if self.done % CHECK_STEPS == 0 or self.done == self.recipe.steps:
                mean = float(torch.stack(losses).mean())
                losses.clear()
                if not np.isfinite(mean):
                    raise DivergedError(f"the loss is {mean} by step {self.done}; lower the rate")
                yield self.done, mean

    def _step(self) -> Tensor:
        image_B3HW, wanted = self._views()
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bfloat16):
            answer = self.network(image_B3HW)
        found = loss(answer, wanted)
        self.network.zero_grad()
        found.backward()  # type: ignore[no-untyped-call]
        self.optimizers.step()
        move_towards(self._averaged, self.network, ema_at(self.recipe.ema, self.done))
        return found.detach()

    def _views(self) -> tuple[Tensor, Target]:
        dice = np.random.default_rng((self.recipe.seed, self.done))
        names, shares = zip(*self.recipe.shares, strict=True)

        def draw() -> Page:
            of_set = self._pages[names[dice.choice(len(names), p=np.array(shares) / sum(shares))]]
            return of_set[dice.integers(len(of_set))]

        views = [view(draw, self.recipe.size, self.recipe.framing, dice) for _ in range(self.recipe.batch)]
        image_BHW3 = torch.from_numpy(np.stack([each.image for each in views])).to(self.device)
        return image_BHW3.permute(0, 3, 1, 2), target(views).to(self.device)

    def _made_with(self) -> dict[str, str]:
        """Return all that must not change while a training goes on."""
        every = {**asdict(self.recipe), **asdict(self.network.config), **self._facts, "pictures": self.counts}
        return {name: repr(value) for name, value in every.items()}

    def save(self, path: Path) -> None:
        """Write all state, in one piece or not at all."""
        state = {
            MADE_WITH: self._made_with(),
            "done": self.done,
            "network": self.network.state_dict(),
            "optimizers": self.optimizers.state_dict(),
            "averaged": self._averaged.state_dict(),
        }
        keep_state(path, state)

    def resume(self, path: Path) -> None:
        """Go on from what `save` wrote. Raises RecipeError when recipe, network or data differ."""
        state = kept_state(path, self._made_with())
        self.network.load_state_dict(state["network"])
        self.optimizers.load_state_dict(state["optimizers"])
        self._averaged.load_state_dict(state["averaged"])
        self.done = state["done"]
