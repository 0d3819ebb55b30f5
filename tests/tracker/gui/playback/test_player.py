from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import clips
from poseglass.gui.shell.window import MainWindow

from ..conftest import open_and_wait


@pytest.fixture
def playing(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    open_and_wait(window, qtbot, clips.write(tmp_path / "clip.mp4", clips.constant(50)).path)
    return window


def test_l_plays_and_again_faster_k_stops_j_plays_backward(playing: MainWindow):
    player = playing.player
    speeds = []
    for _ in range(4):
        player.shuttle(1)
        speeds.append(player.speed)
    assert speeds == [1, 2, 4, 4]
    player.pause()
    assert not player.is_playing
    player.shuttle(-1)
    assert player.is_playing
    assert player.speed == -1


def test_marks_bound_the_range_and_the_loop(playing: MainWindow, qtbot: QtBot):
    player = playing.player
    player.jump(10)
    player.mark_in()
    player.jump(14)
    player.mark_out()
    assert player.range == range(10, 15)
    player.set_looping(True)
    seen: list[int] = []
    player.moved.connect(seen.append)
    player.play()
    qtbot.waitUntil(lambda: seen.count(10) >= 2, timeout=20000)
    player.pause()

    assert set(seen) <= set(range(10, 15))


def test_a_mark_on_the_wrong_side_takes_the_other_away(playing: MainWindow):
    player = playing.player
    player.jump(20)
    player.mark_out()
    player.jump(30)
    player.mark_in()

    assert player.range == range(30, 50)
    player.clear_marks()
    assert player.range == range(50)
    assert not player.has_range


def test_the_timeline_shows_what_the_player_does(playing: MainWindow):
    timeline = playing.viewer.timeline
    times = playing.player.time_s
    for index in (0, 17, 49):
        assert timeline.frame_at(timeline.x_of(float(times[index])) + 0.5) == index
    assert timeline.frame_at(-100) == 0
    assert timeline.frame_at(1e6) == 49
