import pytest
from PyQt6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from poseglass.errors import OutputError
from poseglass.gui.work import Work


def fail() -> None:
    raise OutputError("the disk is full")


@pytest.mark.parametrize("do", [lambda _: 7, lambda _: fail()], ids=["done", "failed"])
def test_nothing_is_heard_of_work_that_was_ended_however_late(qtbot: QtBot, do):
    heard: list[object] = []
    work = Work(do)
    work.done.connect(heard.append)
    work.failed.connect(lambda why, _details: heard.append(why))
    work.start()
    work.wait()  # what it says is on its way now
    work.end()
    QCoreApplication.processEvents()

    assert heard == []


def test_work_brings_what_it_returned(qtbot: QtBot):
    work = Work(lambda _: 7)
    with qtbot.waitSignal(work.done, timeout=20000) as done:
        work.start()
    work.wait()

    assert done.args == [7]


def test_work_that_fails_says_why(qtbot: QtBot):
    work = Work(lambda _: fail())
    with qtbot.waitSignal(work.failed, timeout=20000) as failed:
        work.start()
    work.wait()

    assert failed.args == ["the disk is full", ""]
