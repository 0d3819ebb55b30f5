"""The weights that come with the package, by name; imports nothing, so that menus can list them at once."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent / "weights"
"""Where they lie."""


DETECTORS = ("people",)
"""Those of them that find where people are; the others find poses."""


def shipped_names() -> tuple[str, ...]:
    """Return the names of the weights for poses that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.json") if path.stem not in DETECTORS))


def shipped_detectors() -> tuple[str, ...]:
    """Return the names of the weights of detectors that come with the package."""
    return tuple(name for name in DETECTORS if (SHIPPED / f"{name}.json").is_file())
