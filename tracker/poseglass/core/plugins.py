"""Find plugins by entry point, check them, and make them, each behind its fence."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from poseglass.api import API_VERSION, GROUPS, Exporter, Plugin, PluginError, Smoother
from poseglass.core.fences import FencedEstimator, FencedSmoother, Kind, fence

DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, DEFAULT_EXPORTER = "attention_hourglass", "kalman", "csv"
"""What is used where nothing is asked for; found by entry point like any other."""


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of installed plugins, without importing any."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUPS[kind])}))


def find(kind: Kind, name: str) -> Plugin[Any]:
    """Import the plugin of that name. Raises PluginError when there is none or it cannot be used."""
    found = [entry for entry in entry_points(group=GROUPS[kind]) if entry.name == name]
    if not found:
        raise PluginError(f"no {kind} {name!r}; installed: {', '.join(names(kind)) or 'none'}")
    if len({entry.value for entry in found}) > 1:
        rivals = ", ".join(sorted({entry.dist.name if entry.dist else entry.value for entry in found}))
        raise PluginError(f"{kind} {name!r} comes from more than one package ({rivals}); uninstall all but one")
    plugin = _import(found[0], kind)
    if plugin.api[0] != API_VERSION[0] or plugin.api[1] > API_VERSION[1]:
        raise PluginError(f"{kind} {name!r} is made for API {plugin.api}, this is {API_VERSION}; update one of them")
    return plugin


def make(kind: Kind, name: str, given: Mapping[str, object] | None = None) -> Any:
    """Make a plugin with these options and its defaults for the rest.

    Raises PluginError for an option that it does not have, or what the plugin itself raises as a PoseglassError.
    """
    plugin = find(kind, name)
    known = {option.name for option in dataclasses.fields(plugin.options)}
    unknown = sorted(set(given or ()) - known)
    if unknown:
        raise PluginError(
            f"{kind} {name!r} has no option {', '.join(unknown)}; it has: {', '.join(sorted(known)) or 'none'}"
        )
    with fence(kind, name):
        return plugin.make(plugin.options(**given or {}))


def make_estimator(name: str, given: Mapping[str, object] | None = None) -> FencedEstimator:
    """Make an estimator whose mistakes come out as PluginError. One that shows no maps has no `map_names`."""
    return FencedEstimator(name, make("estimator", name, given))


def make_smoother(name: str, given: Mapping[str, object] | None = None) -> Smoother:
    """Make a smoother for one track, whose mistakes come out as PluginError."""
    return FencedSmoother(name, make("smoother", name, given))


def make_exporter(name: str, given: Mapping[str, object] | None = None) -> Exporter:
    """Make an exporter."""
    exporter: Exporter = make("exporter", name, given)
    return exporter


def _import(entry: EntryPoint, kind: Kind) -> Plugin[Any]:
    try:
        plugin = entry.load()
    except Exception as error:
        raise PluginError(f"{kind} {entry.name!r} ({entry.value}) cannot be imported: {error!r}") from error
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{kind} {entry.name!r} ({entry.value}) is a {type(plugin).__name__}, not a Plugin")
    return plugin
