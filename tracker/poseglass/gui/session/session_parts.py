"""What a session finds again beside results and corrections: the view, the choice, the marks, how it was analysed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from poseglass.core.video.scrub import Shown
from poseglass.gui.options.finding_box import FindingBox
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.picture.canvas import Canvas
from poseglass.gui.playback.frames import Frames
from poseglass.gui.playback.player import Player
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.selection import Selection


class Keeper(Protocol):
    """Sessions, as far as parts need it."""

    def keep(self, name: str, get: Callable[[], Any], put: Callable[[Any], object], *, early: bool = False) -> None:
        """Keep what `get` returns, for `put`."""


def keep_analysis(sessions: Keeper, box: PluginBox, people: FindingBox, project: Project) -> None:
    """Keep the estimator of `box`, the smoother, and how people are found."""

    def choose(kept: Any) -> None:
        if isinstance(kept, Mapping) and isinstance(kept.get("options"), Mapping):
            box.choose(str(kept.get("name")), kept["options"])

    def use_smoother(kept: Any) -> None:
        if isinstance(kept, Mapping) and isinstance(kept.get("options"), Mapping):
            project.use_smoother(str(kept.get("name")), kept["options"])

    sessions.keep("estimator", lambda: {"name": box.name, "options": dict(box.values())}, choose, early=True)
    sessions.keep("people", people.kept, people.choose, early=True)
    sessions.keep(
        "smoother",
        lambda: {"name": project.smoother_name, "options": dict(project.smoother_options)},
        use_smoother,
        early=True,
    )


def keep_selection(sessions: Keeper, selection: Selection, project: Project) -> None:
    """Keep the chosen person and keypoints, and who is not drawn."""

    def get() -> dict[str, object]:
        names = project.document.skeleton.names if project.document else ()
        chosen = [names[k] for k in sorted(selection.keypoints)]
        return {"person": selection.person, "hidden": sorted(selection.hidden), "keypoints": chosen}

    def put(kept: Any) -> None:
        document = project.document
        if document is None or not isinstance(kept, Mapping):
            return
        if kept.get("person") in document.tracks.people:
            selection.choose_person(str(kept["person"]))
        hidden = kept.get("hidden", ())
        selection.hide_people(name for name in document.tracks.people if name in hidden)
        wanted = kept.get("keypoints", ())
        selection.choose_keypoints(k for k, name in enumerate(document.skeleton.names) if name in wanted)

    sessions.keep("selection", get, put)


def keep_marks(sessions: Keeper, player: Player) -> None:
    """Keep the range between the marks."""

    def get() -> list[int] | None:
        return [player.range.start, player.range.stop - 1] if player.has_range else None

    def put(kept: Any) -> None:
        if isinstance(kept, list) and len(kept) == 2:
            player.jump(int(kept[0]))
            player.mark_in()
            player.jump(int(kept[1]))
            player.mark_out()
            player.jump(0)

    sessions.keep("marks", get, put)


def keep_view(sessions: Keeper, canvas: Canvas, frames: Frames) -> None:
    """Keep zoom and place of the picture, which can be put back when there is a picture."""
    waiting: list[tuple[float, float, float]] = []

    def put(kept: Any) -> None:
        waiting.clear()
        if isinstance(kept, list) and len(kept) == 3:
            waiting.append((float(kept[0]), float(kept[1]), float(kept[2])))

    def show(shown: Shown) -> None:
        if waiting and shown.picture is not None:
            canvas.show_place(*waiting.pop())

    frames.shown.connect(show)
    frames.closed.connect(waiting.clear)
    sessions.keep("view", lambda: place if (place := canvas.view.place()) is None else list(place), put)
