import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from pytestqt.qtbot import QtBot

import clips
from figures import DotEstimator, EverywhereDetector, LookingEstimator, draw_dots
from poseglass.core import run
from poseglass.core.fences import FencedEstimator
from poseglass.core.video.scrub import Shown
from poseglass.gui.attention import frame_attention
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings" / "window.ini")


@pytest.fixture
def window(qtbot: QtBot, settings: Settings) -> Iterator[MainWindow]:
    yield from shown_window(qtbot, settings)


def shown_window(qtbot: QtBot, settings: Settings) -> Iterator[MainWindow]:
    """Yield a window; close it, and discard what is in it."""
    shown = MainWindow(settings)
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.desk.sessions.end(discard=True)  # else it would ask whether to save
    shown.close()


@pytest.fixture(autouse=True)
def whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn figures are no people to a detector: whatever looks for people gets one that says "somewhere here"."""
    monkeypatch.setattr(run, "make_detector", lambda name, options: EverywhereDetector())


@pytest.fixture
def clip(tmp_path: Path) -> clips.Clip:
    return clips.write(tmp_path / "clip.mp4", clips.variable(45))


@pytest.fixture
def dots_clip(tmp_path: Path) -> Path:
    """A clip with a figure that the dot estimator finds, which moves by two pixels a frame."""
    import av

    path = tmp_path / "dots.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(30):
            image = draw_dots(240, 320, (100 + 2 * i, 120))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def dot_estimator(monkeypatch: pytest.MonkeyPatch) -> DotEstimator:
    """What every analysis gets in place of a network."""
    estimator = DotEstimator()
    monkeypatch.setattr(run, "make_estimator", lambda name, options: estimator)
    return estimator


def open_and_wait(window: MainWindow, qtbot: QtBot, path: Path) -> Shown:
    """Open a video and return its first picture."""
    before = window.frames.info  # of what stays open until the other can be
    with qtbot.waitSignal(
        window.frames.shown, timeout=20000, check_params_cb=lambda _: window.frames.info is not before
    ) as shown:
        window.open_video(path)
    return shown.args[0]


def analyse_and_wait(window: MainWindow, qtbot: QtBot, frames: range | None = None) -> None:
    """Analyse, and wait until everything is smoothed."""
    with qtbot.waitSignals([window.analyst.finished, window.project.smoothed], timeout=60000):
        window.analysing.run(frames)


@pytest.fixture
def looking_estimators(monkeypatch: pytest.MonkeyPatch) -> list[LookingEstimator]:
    """Whatever looks gets one of these in place of a network, and leaves it here."""
    made: list[LookingEstimator] = []

    def make(name: str, options: object) -> FencedEstimator:
        made.append(LookingEstimator())
        return FencedEstimator(name, made[-1])

    for module in (run, frame_attention):
        monkeypatch.setattr(module, "make_estimator", make)
    return made
