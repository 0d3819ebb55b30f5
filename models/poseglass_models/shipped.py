"""The weights that come with the package, by name; imports nothing, so that menus can list them at once."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent / "weights"
"""Where they lie."""


def shipped_names() -> tuple[str, ...]:
    """Return the names of the weights that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.json")))
