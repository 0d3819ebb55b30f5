from pathlib import Path

import pytest
from PyQt6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.video.scrub import cache_size
from poseglass.gui.playback.frame_memory import LEAST_MB, SETTING
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow


@pytest.mark.parametrize(("memory", "kept"), [(2**30, 2**28), (3 * 2**30, 3 * 2**28), (64 * 2**30, 2**30)])
def test_frames_take_a_quarter_of_the_memory_and_a_gigabyte_at_most(memory: int, kept: int):
    assert cache_size(memory) == kept
    assert cache_size() <= 2**30


def test_the_memory_that_is_chosen_is_remembered_and_counts_for_the_next_video(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings(tmp_path / "window.ini")
    window = MainWindow(settings)
    qtbot.addWidget(window)
    asked = []
    monkeypatch.setattr(QInputDialog, "getInt", lambda *given: asked.append(given[3:6]) or (200, True))
    window.commands["view.memory"].trigger()

    assert asked[0][0] == cache_size() // 2**20
    assert Settings(tmp_path / "window.ini").number(SETTING, 1, LEAST_MB, 10_000) == 200
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(3))
    with qtbot.waitSignal(window.frames.opened):
        window.open_video(clip.path)
    assert window.frames._scrubber._cache_bytes == 200 * 2**20


@pytest.mark.parametrize("text", ["", "much", "-5", "3", "1e9", "99999999"])
def test_a_number_of_megabytes_that_cannot_be_is_not_taken(tmp_path: Path, text: str):
    settings = Settings(tmp_path / "window.ini")
    settings.set_text(SETTING, text)

    assert settings.number(SETTING, 512, LEAST_MB, 65536) == 512
