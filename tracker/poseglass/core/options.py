"""The options of a plugin, read from its dataclass: for forms and for the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

SWITCH = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "1": True, "0": False}


def offered(option: Field[Any]) -> tuple[str, ...]:
    """Return the names that an option proposes.

    Asking may import what the plugin works with: torch, to list the devices.
    """
    choices = option.metadata.get("choices", ())
    return tuple(choices() if callable(choices) else choices)


def read_options(options: type[Any], texts: Mapping[str, str]) -> dict[str, object]:
    """Return what is written for some of the options as values of their types; other types than a form has are text.

    Raises ValueError with a sentence for a text that is no value of its option.
    """
    types = get_type_hints(options)
    named = [option for option in fields(options) if option.name in texts]
    return {option.name: _read(option, types[option.name], texts[option.name]) for option in named}


def _read(option: Field[Any], kind: Any, text: str) -> object:
    if kind is bool:
        return _one_of(option.name, text.lower(), SWITCH)
    if kind in (int, float):
        return _number(option, kind, text)
    if get_origin(kind) is Literal:
        return _one_of(option.name, text, {str(choice): choice for choice in get_args(kind)})
    return text


def _number(option: Field[Any], kind: type[int] | type[float], text: str) -> int | float:
    low, high = option.metadata.get("min", -math.inf), option.metadata.get("max", math.inf)
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and low <= value <= high):
        what = "a whole number" if kind is int else "a number, written with a point," if "," in text else "a number"
        limits = f" from {low:g} to {high:g}" if math.isfinite(low) and math.isfinite(high) else ""
        raise ValueError(f"{option.name}={text}: {what}{limits} is wanted")
    return value


def _one_of(name: str, text: str, values: Mapping[str, object]) -> object:
    if text not in values:
        raise ValueError(f"{name}={text}: one of {', '.join(values)} is wanted")
    return values[text]
