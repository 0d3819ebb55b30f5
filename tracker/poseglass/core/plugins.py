"""Find plugins by entry point, check them, and make them, each behind its fence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, overload

from poseglass.api import API_VERSION, GROUPS, ExporterPlugin, ImporterPlugin, Kind, Plugin, PluginError
from poseglass.core import options
from poseglass.core.fences import (
    FencedDetector,
    FencedEstimator,
    FencedExporter,
    FencedImporter,
    FencedSmoother,
    fence,
)

DEFAULT_DETECTOR, DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER = "people", "attention_hourglass", "kalman"
DEFAULT_EXPORTER = "csv"
"""What is used where nothing is asked for; found by entry point like any other."""


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of installed plugins, without importing any."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUPS[kind])}))


@overload
def find(kind: Literal["exporter"], name: str) -> ExporterPlugin: ...
@overload
def find(kind: Literal["importer"], name: str) -> ImporterPlugin: ...
@overload
def find(kind: Kind, name: str) -> Plugin[Any]: ...
def find(kind: Kind, name: str) -> Plugin[Any]:
    """Import the plugin of that name. Raises PluginError when there is none or it cannot be used."""
    found = [entry for entry in entry_points(group=GROUPS[kind]) if entry.name == name]
    if not found:
        raise PluginError(f"no {kind} {name!r}; installed: {', '.join(names(kind)) or 'none'}")
    if len({entry.value for entry in found}) > 1:
        rivals = ", ".join(sorted({entry.dist.name if entry.dist else entry.value for entry in found}))
        raise PluginError(f"{kind} {name!r} comes from more than one package ({rivals}); uninstall all but one")
    plugin = _import(found[0], kind)
    _check_api(plugin, kind, name)
    _check_class(plugin, kind, name)
    return plugin


def make(kind: Kind, name: str, given: Mapping[str, object] | None = None) -> Any:
    """Make a plugin with these options and its defaults for the rest.

    Raises PluginError for an option that it does not have, or what the plugin itself raises as a PoseglassError.
    """
    plugin = find(kind, name)
    _check_known(plugin, kind, name, given or {})
    with fence(kind, name):
        return plugin.make(plugin.options(**given or {}))


def read_options(kind: Kind, name: str, texts: Mapping[str, str]) -> dict[str, object]:
    """Return options that were written as text, for `make`.

    Raises PluginError for an option that the plugin does not have, and for text that is no value of it.
    """
    plugin = find(kind, name)
    _check_known(plugin, kind, name, texts)
    try:
        return options.read_options(plugin.options, texts)
    except ValueError as error:
        raise PluginError(f"{kind} {name!r}: {error}") from error


def make_detector(name: str, given: Mapping[str, object] | None = None) -> FencedDetector:
    """Make a detector whose mistakes come out as PluginError."""
    return FencedDetector(name, make("detector", name, given))


def make_estimator(name: str, given: Mapping[str, object] | None = None) -> FencedEstimator:
    """Make an estimator whose mistakes come out as PluginError. One that shows no maps has no `map_names`."""
    return FencedEstimator(name, make("estimator", name, given))


def make_smoother(name: str, given: Mapping[str, object] | None = None) -> FencedSmoother:
    """Make a smoother for one track, whose mistakes come out as PluginError."""
    return FencedSmoother(name, make("smoother", name, given))


def make_exporter(name: str, given: Mapping[str, object] | None = None) -> FencedExporter:
    """Make an exporter that refuses, as an OutputError, a recording that lacks what it needs."""
    return FencedExporter(name, make("exporter", name, given), find("exporter", name).needs)


def make_importer(name: str, given: Mapping[str, object] | None = None) -> FencedImporter:
    """Make an importer whose mistakes come out as PluginError."""
    return FencedImporter(name, make("importer", name, given))


def _import(entry: EntryPoint, kind: Kind) -> Plugin[Any]:
    try:
        plugin = entry.load()
    except Exception as error:
        raise PluginError(f"{kind} {entry.name!r} ({entry.value}) cannot be imported: {error!r}") from error
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{kind} {entry.name!r} ({entry.value}) is a {type(plugin).__name__}, not a Plugin")
    return plugin


def _check_api(plugin: Plugin[Any], kind: Kind, name: str) -> None:
    if API_VERSION[0] == plugin.api[0] and plugin.api <= API_VERSION:
        return
    theirs, ours = (".".join(map(str, version)) for version in (plugin.api, API_VERSION))
    advice = "update Poseglass"
    if plugin.api < API_VERSION:
        advice = f"update it; if it is yours, docs/PLUGINS.md says what changed: then give its Plugin api={API_VERSION}"
    raise PluginError(f"{kind} {name!r} is made for API {theirs}, this is {ours}; {advice}")


def _check_known(plugin: Plugin[Any], kind: Kind, name: str, given: Collection[str]) -> None:
    known = sorted(option.name for option in fields(plugin.options))
    if unknown := sorted(set(given) - set(known)):
        raise PluginError(f"{kind} {name!r} has no option {', '.join(unknown)}; it has: {', '.join(known) or 'none'}")


def _check_class(plugin: Plugin[Any], kind: Kind, name: str) -> None:
    wanted = {"exporter": ExporterPlugin, "importer": ImporterPlugin}.get(kind, Plugin)
    if not isinstance(plugin, wanted):
        raise PluginError(
            f"{kind} {name!r} is a {type(plugin).__name__}, not an {wanted.__name__}; see docs/PLUGINS.md"
        )
