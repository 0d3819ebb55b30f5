"""Steps that can be taken back: each knows what lay there before and after, in strips."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.corrections import Strip

Kind = Literal[
    "move", "mark", "swap sides", "swap people", "merge", "remove", "clear", "split", "rename", "look again"
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Patch:
    """One track's part of a step."""

    person: str
    before: Strip
    after: Strip


@dataclass(frozen=True, eq=False)
class Step:
    """One edit. `text` says what it does, in English: "Move left wrist"."""

    kind: Kind
    text: str
    keypoint: int | None
    patches: tuple[Patch, ...]
    label: tuple[str, str] | None = None  # what the first patch's person was called and is called; "" for nothing

    @property
    def people(self) -> tuple[str, ...]:
        """Whose tracks it changes."""
        return tuple(patch.person for patch in self.patches)

    @property
    def frames(self) -> range:
        """The range it changes, the same for all its patches."""
        return self.patches[0].after.frames

    def renumbered(self, numbers: NDArray[np.intp]) -> Step:
        """Return the same edit where each keypoint has the number that stands in its place in `numbers`."""
        patches = tuple(
            replace(patch, before=patch.before.renumbered(numbers), after=patch.after.renumbered(numbers))
            for patch in self.patches
        )
        keypoint = None if self.keypoint is None else int(numbers[self.keypoint])
        return replace(self, keypoint=keypoint, patches=patches)

    def goes_on(self, earlier: Step) -> bool:
        """Tell whether it is the same drag as an earlier step."""
        same = (self.kind, self.keypoint, self.people, self.frames)
        return same == (earlier.kind, earlier.keypoint, earlier.people, earlier.frames)


class History:
    """Steps done and steps taken back."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.undone: list[Step] = []
        self._is_open = False  # the last step's mouse button is still down

    def record(self, step: Step, *, ongoing: bool = False) -> Step | None:
        """Remember a step, joined to the last one if that goes on; return it when it is complete."""
        self.undone.clear()
        if self._is_open and step.goes_on(self.done[-1]):
            joined = zip(self.done.pop().patches, step.patches, strict=True)
            step = replace(step, patches=tuple(replace(new, before=old.before) for old, new in joined))
        self.done.append(step)
        self._is_open = ongoing
        return None if ongoing else step

    def settle(self, step: Step | None = None) -> Step | None:
        """End an ongoing step unless `step` goes on with it; return what is thereby complete."""
        if not self._is_open or (step is not None and step.goes_on(self.done[-1])):
            return None
        self._is_open = False
        return self.done[-1]

    def renumber(self, numbers: NDArray[np.intp]) -> None:
        """Give each keypoint the number that stands in its place in `numbers`."""
        self.done = [step.renumbered(numbers) for step in self.done]
        self.undone = [step.renumbered(numbers) for step in self.undone]

    def undo(self) -> Step | None:
        """Return the step to take back, None when there is none."""
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return self.undone[-1]

    def redo(self) -> Step | None:
        """Return the step to do again, None when there is none."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]
