import gc
import threading
import time

from pytestqt.qtbot import QtBot

from poseglass.errors import OutputError
from poseglass.gui.shared.work import Runner, Work


def test_work_is_done_elsewhere_and_told_here(qtbot: QtBot):
    here, told = threading.get_ident(), []
    work = Work(lambda work: threading.get_ident())
    work.done.connect(lambda there: told.append((there, threading.get_ident())))
    with qtbot.waitSignal(work.finished, timeout=20000), qtbot.waitSignal(work.done, timeout=20000):
        work.start()

    assert told[0][0] != here
    assert told[0][1] == here


def test_what_goes_wrong_is_a_sentence_with_details_where_nobody_thought_of_it(qtbot: QtBot, caplog):
    def fail(_: Work) -> None:
        raise OutputError("the disk is full")

    for do, said, has_details in ((fail, "the disk is full", False), (lambda _: 1 / 0, "ZeroDivisionError", True)):
        work = Work(do)
        with qtbot.waitSignal(work.failed, timeout=20000) as failed:
            work.start()
        work.wait()
        assert said in failed.args[0]
        assert bool(failed.args[1]) == has_details


def test_stopped_work_returns_what_it_has_and_shows_how_far_it_is(qtbot: QtBot):
    going = threading.Event()

    def count(work: Work) -> int:
        done = 0
        while not work.should_stop():
            done += 1
            work.watch(done, 0)
            going.set()
            time.sleep(0.001)  # on a single core a loop without rest may starve the one who is to stop it
        return done

    work = Work(count)
    with qtbot.waitSignal(work.done, timeout=20000) as done:
        work.start()
        assert going.wait(20)
        work.stop()
    work.wait()

    assert work.progress == (done.args[0], 0)


def test_after_its_end_nothing_is_heard_of_it_even_if_it_was_on_its_way(qtbot: QtBot):
    told: list[object] = []
    work = Work(lambda _: "result")
    work.done.connect(told.append)
    work.start()
    work.wait()  # the result is waiting in this thread's queue now
    work.end()
    other = Work(lambda _: None)
    with qtbot.waitSignal(other.done, timeout=20000):
        other.start()
    other.wait()

    assert told == []


def test_what_the_work_held_is_let_go_when_it_is_done(qtbot: QtBot):
    import weakref

    class Load:
        pass

    load = Load()
    watched = weakref.ref(load)
    work = Work(lambda _, load=load: None)
    del load
    with qtbot.waitSignal(work.done, timeout=20000):
        work.start()
    work.wait()

    assert watched() is None


def test_work_that_is_forgotten_while_it_runs_is_done_all_the_same(qtbot: QtBot):
    begun, go_on, told = threading.Event(), threading.Event(), list[object]()

    def do(_: Work) -> str:
        begun.set()
        assert go_on.wait(20)
        return "result"

    def forget() -> None:
        work = Work(do)
        work.done.connect(told.append)
        work.start()

    forget()
    assert begun.wait(20)
    gc.collect()
    go_on.set()
    qtbot.waitUntil(lambda: told == ["result"], timeout=20000)

    assert not Work._running


def test_work_that_no_wish_stops_is_left_behind_unheard(qtbot: QtBot):
    go_on, told = threading.Event(), list[object]()
    work = Work(lambda _: go_on.wait(20))
    work.done.connect(told.append)
    work.start()
    work.end(0.05)
    assert work.isRunning()
    assert work in Work._running  # else Qt would abort

    go_on.set()
    work.end()
    other = Work(lambda _: None)
    with qtbot.waitSignal(other.done, timeout=20000):
        other.start()
    assert told == []
    assert not Work._running


def test_a_runner_tells_that_it_is_over_and_then_what_came_of_it(qtbot: QtBot):
    told: list[object] = []
    runner, looked_at = Runner(), threading.Event()
    for signal in (runner.running_changed, runner.done):
        signal.connect(told.append)

    def do(work: Work) -> str:
        work.watch(3, 4)
        assert looked_at.wait(20)
        return "result"

    with qtbot.waitSignal(runner.done, timeout=20000):
        runner.start(do)
        qtbot.waitUntil(lambda: runner.progress == (3, 4), timeout=20000)
        assert runner.is_running
        looked_at.set()

    assert told == [True, False, "result"]
    assert not runner.is_running
    assert runner.progress == (0, 0)


def test_a_runner_ends_what_runs_before_it_begins_something_else(qtbot: QtBot):
    happened: list[object] = []
    runner, going = Runner(), threading.Event()
    runner.done.connect(happened.append)

    def until_stopped(work: Work) -> str:
        going.set()
        while not work.should_stop():
            pass
        happened.append("ended")
        return "never heard of"

    runner.start(until_stopped)
    assert going.wait(20)
    with qtbot.waitSignal(runner.done, timeout=20000):
        runner.start(lambda _: happened.append("began") or "second")

    assert happened == ["ended", "began", "second"]


def test_a_runner_that_is_stopped_tells_what_there_is_and_one_that_is_ended_does_not(qtbot: QtBot):
    runner, told, going = Runner(), [], threading.Event()
    for signal in (runner.running_changed, runner.done):
        signal.connect(told.append)

    def until_stopped(work: Work) -> str:
        going.set()
        while not work.should_stop():
            pass
        return "what there is"

    with qtbot.waitSignal(runner.done, timeout=20000):
        runner.start(until_stopped)
        assert going.wait(20)
        runner.stop()
    runner.start(until_stopped)
    runner.end()

    assert told == [True, False, "what there is", True, False]


def test_a_runner_says_why_its_work_failed(qtbot: QtBot):
    def fail(_: Work) -> None:
        raise OutputError("the disk is full")

    runner = Runner()
    with qtbot.waitSignal(runner.failed, timeout=20000) as failed:
        runner.start(fail)

    assert failed.args == ["the disk is full", ""]
    assert not runner.is_running
