"""The parts of the window that features are built on, in one bundle."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QMainWindow

from poseglass.gui.picture.canvas import Canvas
from poseglass.gui.picture.display import Displays
from poseglass.gui.playback.frames import Frames
from poseglass.gui.playback.player import Player
from poseglass.gui.shared.actions import Actions
from poseglass.gui.shared.docks import Docks
from poseglass.gui.shared.files import Files
from poseglass.gui.shared.notice import Notice
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.selection import Selection
from poseglass.gui.shared.settings import Settings


@dataclass(frozen=True)
class Parts:
    """There is one of each in a window. Who takes the bundle names at once what it needs of it, and keeps only that.

    No feature is in it: who needs another feature's part, such as the estimator that is chosen, takes it by itself.
    """

    actions: Actions
    docks: Docks
    files: Files
    notice: Notice
    settings: Settings
    project: Project
    selection: Selection
    frames: Frames
    player: Player
    canvas: Canvas
    displays: Displays


def make_parts(window: QMainWindow, settings: Settings) -> Parts:
    """Make the parts of a window, which shows none of them yet."""
    actions, selection, frames = Actions(window), Selection(), Frames()
    return Parts(
        actions=actions,
        docks=Docks(window, actions, QCoreApplication.translate("MainWindow", "&View")),
        files=Files(settings, window),
        notice=Notice(),
        settings=settings,
        project=Project(),
        selection=selection,
        frames=frames,
        player=Player(frames),
        canvas=Canvas(selection),
        displays=Displays(settings),
    )
