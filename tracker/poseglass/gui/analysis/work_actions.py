"""Actions that analyse and export: what their panels do, from menus and keys."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from poseglass.gui.analysis.analyse_panel import AnalysePanel
from poseglass.gui.analysis.analyst import Analyst
from poseglass.gui.analysis.export_panel import ExportPanel
from poseglass.gui.playback.player import Player
from poseglass.gui.shared.actions import Actions, Row


def _tr(text: str) -> str:
    return QCoreApplication.translate("Work", text)


def add_analyse_actions(actions: Actions, panel: AnalysePanel, analyst: Analyst, player: Player) -> None:
    """Add the Analyse menu."""
    menu = _tr("&Analyse")
    tip = _tr("Find the person's pose in the frames that the Analyse panel says")
    actions.add(Row("analyse.run", _tr("&Analyse"), menu, ("Ctrl+R",), tip, "analyse", needs="idle video"), panel.run)
    ranges = (
        ("whole", _tr("The &whole video"), lambda: range(player.n_frames)),
        ("marked", _tr("Between the &marks"), lambda: player.range),
        ("here", _tr("From &here to the end"), lambda: range(max(0, player.index), player.n_frames)),
        ("frame", _tr("&This frame only"), lambda: range(player.index, player.index + 1)),
    )
    for name, text, frames in ranges:
        row = Row(f"analyse.{name}", text, menu, group=1, needs="idle video")
        actions.add(row, lambda frames=frames: panel.run(frames()))
    tip = _tr("Stop; what is done stays")
    row = Row("analyse.stop", _tr("&Stop"), menu, ("Ctrl+.",), tip, "stop", group=2, needs="analysis")
    actions.add(row, analyst.stop)


def add_export_actions(actions: Actions, panel: ExportPanel) -> None:
    """Add exporting to the File menu."""
    menu = _tr("&File")
    tip = _tr("Write every frame's keypoints to a table beside the video")
    row = Row("export.table", _tr("&Export table"), menu, ("Ctrl+E",), tip, "table", group=1, needs="poses")
    actions.add(row, panel.export_table)
    row = Row("export.table_as", _tr("Export table &as…"), menu, ("Ctrl+Shift+E",), group=1, needs="poses")
    actions.add(row, panel.export_table_as)
    tip = _tr("Draw the poses on the frames between the marks")
    row = Row("export.video", _tr("Export &drawn video…"), menu, (), tip, "film", group=1, needs="poses")
    actions.add(row, panel.export_video)
    tip = _tr("Save the frame on the screen with what is drawn over it, in full size")
    row = Row("export.picture", _tr("Save &picture…"), menu, ("Ctrl+P",), tip, "picture", group=1, needs="video")
    actions.add(row, panel.export_picture)
