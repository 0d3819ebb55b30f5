import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import clips
from poseglass.gui.curves.lab_panel import LabPanel
from poseglass.gui.options.forms import OptionForm
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow
from poseglass_plugins.kalman import Kalman, KalmanOptions

from ..conftest import open_and_wait
from ..walked import put_walk


@pytest.fixture
def lab(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> LabPanel:
    """The lab of a window with 45 analysed frames."""
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    window.docks.show("lab")
    qtbot.waitUntil(lambda: window.study.lab.form is not None, timeout=20000)
    return window.study.lab


def form_of(lab: LabPanel) -> OptionForm:
    assert lab.form is not None
    return lab.form


def test_a_change_gives_exactly_what_the_smoother_gives(window: MainWindow, lab: LabPanel, qtbot: QtBot):
    document, paths = window.project.document, window.project.paths
    assert document is not None
    assert paths is not None
    with qtbot.waitSignals([window.project.smoother_changed, window.project.smoothed], timeout=20000):
        form_of(lab).field("acceleration").setValue(0.8)
    qtbot.waitUntil(lambda: not paths.stale("1"), timeout=20000)
    expected = Kalman(KalmanOptions(acceleration=0.8)).smooth(document.tracks.corrected("1"))
    np.testing.assert_allclose(paths.track("1").xy, expected.xy, atol=0.01)

    rows = zip(
        *(getattr(document.tracks.raw("1"), part) for part in ("time_s", "xy", "score", "covariance")), strict=True
    )
    live = Kalman(KalmanOptions(acceleration=0.8))
    walked = np.stack([live.step(float(time_s), *row) for time_s, *row in rows])
    window.study.live.xy("1")
    qtbot.waitUntil(lambda: bool(np.isfinite(window.study.live.xy("1")).all()), timeout=20000)
    np.testing.assert_allclose(window.study.live.xy("1"), walked, atol=0.05)


def test_the_numbers_compare_what_is_tried_with_what_was_kept(window: MainWindow, lab: LabPanel, qtbot: QtBot):
    def column(number: int) -> list[str]:
        return [lab.numbers._cells[row, number].text() for row in (1, 2, 3, 4)]

    qtbot.waitUntil(lambda: all(column(1)), timeout=20000)
    kept = column(2)
    assert column(1) == kept
    form_of(lab).field("acceleration").setValue(0.8)
    qtbot.waitUntil(lambda: column(1) != kept, timeout=20000)
    assert column(2) == kept
    assert float(column(1)[1].split()[0]) > float(kept[1].split()[0])  # smoother is further off
    assert float(column(1)[2].split()[0]) < float(kept[2].split()[0])  # and shakes less


def test_going_back_keeping_and_defaults(window: MainWindow, lab: LabPanel, qtbot: QtBot):
    assert not lab.keep_button.isEnabled()
    form_of(lab).field("noise").setValue(2.0)
    qtbot.waitUntil(lambda: lab.setting == ("kalman", {"noise": 2.0}), timeout=20000)
    lab.back_button.click()
    assert lab.setting == ("kalman", {})
    assert form_of(lab).values() == {}

    form_of(lab).field("noise").setValue(3.0)
    qtbot.waitUntil(lambda: lab.setting == ("kalman", {"noise": 3.0}), timeout=20000)
    with qtbot.waitSignal(lab.kept) as kept:
        lab.keep_button.click()
    assert kept.args == ["kalman", {"noise": 3.0}]
    assert not lab.back_button.isEnabled()
    lab.defaults_button.click()
    assert lab.setting == ("kalman", {})
    lab.back_button.click()
    assert lab.setting == ("kalman", {"noise": 3.0})


def test_what_was_kept_is_used_the_next_time_as_far_as_it_fits(qtbot: QtBot, settings: Settings):
    settings.set_table("smoother/options/kalman", {"noise": 3.0, "gone": 1, "gap_s": "long"})
    window = MainWindow(settings)
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: window.study.lab.form is not None, timeout=20000)

    assert window.project.smoother_options == {"noise": 3.0}
    assert not window.study.lab.keep_button.isEnabled()
    window.close()
