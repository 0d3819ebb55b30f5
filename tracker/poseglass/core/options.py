"""The options of a plugin, read from its dataclass: for forms and for the command line."""

from __future__ import annotations

from dataclasses import Field
from typing import Any


def offered(option: Field[Any]) -> tuple[str, ...]:
    """Return the names that an option proposes.

    Asking may import what the plugin works with: torch, to list the devices.
    """
    choices = option.metadata.get("choices", ())
    return tuple(choices() if callable(choices) else choices)
