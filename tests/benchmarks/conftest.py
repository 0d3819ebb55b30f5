import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from pytestqt.qtbot import QtBot

from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    shown = MainWindow(Settings(tmp_path / "window.ini"))
    qtbot.addWidget(shown)
    shown.resize(1280, 800)
    shown.show()
    qtbot.waitUntil(lambda: shown.analysing.estimator.form is not None, timeout=60000)
    yield shown
    shown.desk.sessions.end(discard=True)  # else it would ask whether to save, and stay
    shown.close()
