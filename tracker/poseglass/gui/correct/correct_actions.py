"""Actions that correct: rows of the Edit menu, greyed where they would do nothing, with the range in their names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QCoreApplication, QObject
from PyQt6.QtWidgets import QInputDialog, QWidget

from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.gui.correct.correct_tool import CorrectTool
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Row, plain


def _tr(text: str) -> str:
    return QCoreApplication.translate("Edit", text)


class CorrectActions(QObject):
    """Adds the rows and keeps them in step with document, selection and marks."""

    def __init__(self, parts: Parts, tool: CorrectTool) -> None:
        super().__init__()
        self._actions, self._tool, self._player = parts.actions, tool, parts.player
        project, selection = parts.project, parts.selection
        self._menu = _tr("&Edit")
        self._add_history()
        self._add_tool()
        self._add_marks()
        self._add_sides()
        self._add_people()
        for signal in (
            project.began, project.ended, project.changed, selection.frame_changed, selection.person_changed,
            selection.keypoints_changed, parts.player.range_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        tool.active_changed.connect(parts.actions["edit.correct"].setChecked)
        self.refresh()

    def refresh(self) -> None:
        """Say what can be done now."""
        document, tool = self._tool.document, self._tool
        is_open = document is not None and not document.is_read_only
        has_person = (
            document is not None and is_open and tool.person in document.tracks.shown_people and tool.frame >= 0
        )
        self._show_step("edit.undo", _tr("&Undo"), document.undo_text if document and is_open else None)
        self._show_step("edit.redo", _tr("&Redo"), document.redo_text if document and is_open else None)
        self._actions.allow("edit.correct", is_open and bool(document and document.skeleton.names))
        for name in ("placed", "occluded", "missing", "as_measured"):
            self._actions.allow(f"edit.{name}", has_person and bool(tool.keypoints))
        self._show_ranges(document if has_person else None)

    def _add(self, name: str, text: str, keys: tuple[str, ...], tip: str, do: Callable[[], object], group: int) -> None:
        picture = name if name in ("undo", "redo") else ""
        self._actions.add(Row(f"edit.{name}", text, self._menu, keys, tip, picture, group=group, needs="video"), do)

    def _add_history(self) -> None:
        self._add("undo", _tr("&Undo"), ("Ctrl+Z",), _tr("Take back the last correction"), self._tool.undo, 0)
        keys = ("Ctrl+Shift+Z", "Ctrl+Y")
        self._add("redo", _tr("&Redo"), keys, _tr("Do again what was taken back"), self._tool.redo, 0)

    def _add_tool(self) -> None:
        tip = _tr("Let keypoints be dragged; arrow keys move the chosen one by a pixel, with Shift by ten")
        row = Row("edit.correct", _tr("&Correct by hand"), self._menu, ("E",), tip, "target", True, 1, "video")
        self._actions.add(row, self._tool.activate)

    def _add_marks(self) -> None:
        rows = (
            ("placed", _tr("&Accept as it is"), ("P",), Mark.PLACED,
             _tr("The chosen keypoint is where the network measured it; the smoother is to go through it")),
            ("occluded", _tr("Mark &hidden"), ("H",), Mark.OCCLUDED,
             _tr("Something hides the chosen keypoint; where it is stays as it is")),
            ("missing", _tr("Mark &missing"), ("Del",), Mark.MISSING,
             _tr("The chosen keypoint was measured wrongly, or cannot be seen: forget the measurement")),
            ("as_measured", _tr("Remo&ve correction"), ("Shift+Del",), Mark.NONE,
             _tr("Take the corrections of the chosen keypoint in this frame away")),
        )  # fmt: skip
        for name, text, keys, mark, tip in rows:
            self._add(name, text, keys, tip, partial(self._tool.mark, mark), 2)

    def _add_sides(self) -> None:
        self._add(
            "swap_sides",
            _tr("Swap &left and right here"),
            ("W",),
            _tr("In this frame the network took left for right"),
            lambda: self._swap_sides(self._here()),
            3,
        )
        self._add(
            "swap_sides_on",
            _tr("Swap left and right from here &on"),
            ("Shift+W",),
            _tr("From this frame to the end of the range left was taken for right"),
            lambda: self._swap_sides(self._onward()),
            3,
        )

    def _add_people(self) -> None:
        self._add(
            "swap_people",
            _tr("Swap &people"),
            (),
            _tr("Two people were taken for each other between the marks"),
            lambda: self._with_other(lambda d, other: d.swap_people(self._tool.person, other, self._marked())),
            4,
        )
        self._add(
            "merge",
            _tr("Merge another person into this &one"),
            (),
            _tr("The other one is the same person, where this one is not there"),
            lambda: self._with_other(lambda d, other: d.merge(self._tool.person, other, self._marked())),
            4,
        )
        self._add(
            "remove",
            _tr("Remove person"),
            (),
            _tr("Take the person out of the frames between the marks"),
            lambda: self._tool.edit(lambda d: d.remove(self._tool.person, self._marked())),
            4,
        )
        self._add(
            "clear",
            _tr("Clear all corrections"),
            (),
            _tr("Take back everything said of the person in the range"),
            lambda: self._tool.edit(lambda d: d.clear(self._tool.person, self._marked())),
            4,
        )

    def _swap_sides(self, frames: range) -> None:
        self._tool.edit(lambda document: document.swap_sides(self._tool.person, frames))

    def _here(self) -> range:
        return range(self._tool.frame, self._tool.frame + 1)

    def _onward(self) -> range:
        return range(self._tool.frame, self._player.range.stop)

    def _marked(self) -> range:
        return self._player.range

    def _with_other(self, do: Callable[[Document, str], object]) -> None:
        """Do something with another person; ask who where there are several."""
        document = self._tool.document
        tracks = document.tracks if document else None
        people = {tracks.label(name): name for name in tracks.shown_people} if tracks else {}
        others = [label for label, name in people.items() if name != self._tool.person]
        chosen = others[0] if others else ""
        if len(others) > 1:
            parent = self._actions.parent()
            assert isinstance(parent, QWidget), "actions belong to a window"
            title, text = _tr("Another person"), _tr("With whom?")
            chosen, is_chosen = QInputDialog.getItem(parent, title, text, others, 0, editable=False)
            chosen = chosen if is_chosen else ""
        if chosen:
            self._tool.edit(lambda document: do(document, people[chosen]))

    def _show_step(self, name: str, text: str, what: str | None) -> None:
        action = self._actions[name]
        action.setText(f"{text}: {_tr(what)}" if what else text)
        action.setIconText(plain(text))  # a toolbar's button keeps its width
        self._actions.allow(name, what is not None)

    def _show_ranges(self, document: Document | None) -> None:
        """Name the frames that will be changed; None: there is nobody."""
        marked = self._marked()
        texts = {
            "swap_people": _tr("Swap &people{0}"),
            "merge": _tr("Merge another person into this &one{0}"),
            "remove": _tr("Remove person{0}"),
            "clear": _tr("Clear all corrections{0}"),
        }
        others = document is not None and len(document.tracks.shown_people) > 1
        for name, text in texts.items():
            action = self._actions[f"edit.{name}"]
            action.setText(text.format(_frames_text(marked) if len(marked) else ""))
            self._actions.allow(f"edit.{name}", others if name in ("swap_people", "merge") else document is not None)
        onward = self._onward()
        text = _tr("Swap left and right from here &on{0}")
        self._actions["edit.swap_sides_on"].setText(text.format(_frames_text(onward) if len(onward) else ""))
        self._actions.allow("edit.swap_sides", document is not None)
        self._actions.allow("edit.swap_sides_on", document is not None and len(onward) > 0)


def _frames_text(frames: range) -> str:
    return _tr(", frames {0} to {1}").format(frames.start, frames.stop - 1)
