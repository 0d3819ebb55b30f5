"""A training's state on disk, to be resumed by one that does the same with the same."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from poseglass_train.errors import RecipeError

MADE_WITH = "made_with"
"""Where a state says in words all that must not change while a training goes on."""

STATE = "state.pt"
"""Its name in a training's folder."""


def state_in(out: Path, *, resume: bool) -> Path:
    """Return where the state of a training in that folder lies, or will; the folder is there then.

    Raises RecipeError where there is one and it is not to be resumed.
    """
    state = out / STATE
    if state.exists() and not resume:
        raise RecipeError(f"{out} already holds a training; add --resume to go on with it, or choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    return state


def keep_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write all state, in one piece or not at all."""
    staged = path.with_suffix(".part")
    torch.save(dict(state), staged)
    staged.replace(path)


def kept_state(path: Path, now: Mapping[str, str]) -> dict[str, Any]:
    """Return what `keep_state` wrote. Raises RecipeError where it was made with something else than is at hand now."""
    try:
        state = dict(torch.load(path, map_location="cpu", weights_only=True))
        made_with = dict(state[MADE_WITH])
        state["optimizers"]
    except (OSError, RuntimeError, EOFError, KeyError, ValueError, TypeError, pickle.UnpicklingError) as error:
        raise RecipeError(f"{path}: not a state to resume from; choose another --out ({error!r})") from error
    changed = [f"{name} was {made_with.get(name)}, is {now[name]}" for name in now if made_with.get(name) != now[name]]
    if changed:
        raise RecipeError(f"{path} was trained otherwise ({'; '.join(changed)}); resume with the same recipe and data")
    return state
