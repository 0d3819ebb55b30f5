import numpy as np
import pytest
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from poseglass.gui.playback.event_marks import EventMark
from poseglass.gui.playback.timeline import EVENTS_Y, PRESENCE, Timeline
from poseglass.types import What

GREEN = (0, 170, 102)


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    """Of a second of video, 10 frames, a pixel a millisecond."""
    shown = Timeline()
    qtbot.addWidget(shown)
    shown.resize(1020, 40)
    shown.show()
    shown.show_video(None, np.arange(10) / 10)
    return shown


def painted(timeline: Timeline, time_s: float, y: float) -> tuple[int, int, int]:
    colour = QColor(timeline.grab().toImage().pixel(round(timeline.x_of(time_s)), round(y)))
    return colour.red(), colour.green(), colour.blue()


def test_where_the_chosen_person_is_has_a_bar_in_their_colour(timeline: Timeline):
    present = np.zeros(10, dtype=bool)
    present[2:5] = True
    timeline.show_presence(present, GREEN)
    y = PRESENCE[0] + 1

    assert painted(timeline, 0.35, y) == GREEN
    assert painted(timeline, 0.55, y) != GREEN
    timeline.show_presence(np.zeros(10, dtype=bool), GREEN)
    assert painted(timeline, 0.35, y) != GREEN


@pytest.mark.parametrize("what", [What.BIRTH, What.RETURN, What.BREAK, What.LOST, What.CAPPED, What.CUT])
def test_an_event_has_a_mark_where_it_happened(timeline: Timeline, what: What):
    timeline.show_events((EventMark(7, what, "it happens", GREEN),))

    assert painted(timeline, 0.7, EVENTS_Y) == GREEN
    assert painted(timeline, 0.6, EVENTS_Y) != GREEN


def test_the_tooltip_tells_the_frame_and_what_happened_there(timeline: Timeline):
    timeline.show_events((EventMark(3, What.CUT, "cut at 0:00.3", None), EventMark(3, What.BIRTH, "2 comes", GREEN)))

    assert timeline.told_at(timeline.x_of(0.3) + 2).splitlines()[1:] == ["cut at 0:00.3", "2 comes"]
    assert timeline.told_at(timeline.x_of(0.3) + 2).startswith("frame 3")
    assert timeline.told_at(timeline.x_of(0.5)).count("\n") == 0


def test_a_tooltip_does_not_tell_a_hundred_events(timeline: Timeline):
    timeline.show_events(tuple(EventMark(3, What.BIRTH, f"{n} comes", GREEN) for n in range(100)))

    assert timeline.told_at(timeline.x_of(0.3)).splitlines()[-1] == "and 95 more"


def test_another_video_has_neither_marks_nor_bar(timeline: Timeline):
    timeline.show_events((EventMark(3, What.CUT, "cut", None),))
    timeline.show_presence(np.ones(10, dtype=bool), GREEN)
    timeline.show_video(None, np.arange(2) / 10)

    assert timeline.told_at(timeline.x_of(0.3)).count("\n") == 0
    assert painted(timeline, 0.35, PRESENCE[0] + 1) != GREEN
