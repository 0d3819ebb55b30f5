import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from poseglass.core.files.lock import Lock

HOLD = """
import sys
from pathlib import Path
from poseglass.core.files.lock import Lock
lock = Lock.take(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""
HOLD_AS_BEFORE = """
import fcntl, os, sys
file = open(sys.argv[1], "a+", encoding="ascii")
try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("refused, owner", open(sys.argv[1]).read().strip(), flush=True)
else:
    assert os.path.samestat(os.stat(sys.argv[1]), os.fstat(file.fileno()))
    file.truncate(0)
    file.write(f"{os.getpid()}\\n")
    file.flush()
    print("held", flush=True)
    sys.stdin.read()
    os.unlink(sys.argv[1])
"""
"""What windows did before filelock."""


def start(code: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def hold(path: Path, code: str = HOLD) -> subprocess.Popen[str]:
    """Start another process that takes the lock and keeps it."""
    process = start(code, path)
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_taker_is_refused_until_it_is_released(tmp_path: Path):
    lock = Lock.take(tmp_path / "l")
    assert lock is not None
    assert Lock.take(tmp_path / "l") is None

    lock.release()
    lock.release()
    assert not (tmp_path / "l").exists()
    again = Lock.take(tmp_path / "l")
    assert again is not None
    again.release()


def test_another_process_holds_it_and_its_death_frees_it(tmp_path: Path):
    with hold(tmp_path / "l") as process:
        assert Lock.take(tmp_path / "l") is None
        assert Lock.owner(tmp_path / "l") == str(process.pid)
        process.kill()
    lock = Lock.take(tmp_path / "l")

    assert lock is not None
    lock.release()


@pytest.mark.parametrize("end", [subprocess.Popen.kill, lambda process: process.communicate("")])
def test_an_old_window_keeps_a_new_one_out(tmp_path: Path, end):
    with hold(tmp_path / "l", HOLD_AS_BEFORE) as process:
        assert Lock.take(tmp_path / "l") is None
        assert Lock.owner(tmp_path / "l") == str(process.pid)
        end(process)
    lock = Lock.take(tmp_path / "l")

    assert lock is not None
    assert Lock.owner(tmp_path / "l") == str(os.getpid())
    lock.release()
    assert not (tmp_path / "l").exists()


def test_a_new_window_keeps_an_old_one_out(tmp_path: Path):
    lock = Lock.take(tmp_path / "l")
    refused, _ = start(HOLD_AS_BEFORE, tmp_path / "l").communicate("")
    lock.release()

    assert refused == f"refused, owner {os.getpid()}\n"
    hold(tmp_path / "l", HOLD_AS_BEFORE).communicate("")
    assert not (tmp_path / "l").exists()


def test_a_refused_taker_leaves_the_owner_s_number(tmp_path: Path):
    (tmp_path / "l").write_text("a longer text that a crash left\n")
    lock = Lock.take(tmp_path / "l")
    assert Lock.take(tmp_path / "l") is None

    assert Lock.owner(tmp_path / "l") == str(os.getpid())
    lock.release()
    assert Lock.owner(tmp_path / "l") == "unknown"


def test_any_thread_may_release_it(tmp_path: Path):
    lock = Lock.take(tmp_path / "l")
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()

    assert not (tmp_path / "l").exists()


def test_where_nothing_can_be_written_nothing_is_locked(tmp_path: Path):
    lock = Lock.take(tmp_path / "no" / "folder" / "l")

    assert lock is not None
    lock.release()
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("reason", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int):
    def refuse(file: object, operation: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr("fcntl.flock", refuse)
    first, second = Lock.take(tmp_path / "l"), Lock.take(tmp_path / "l")

    assert first is not None
    assert second is not None
    first.release()
    second.release()
    assert not (tmp_path / "l").exists()


def test_one_who_comes_while_it_is_given_back_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import fcntl

    locks = iter([lambda file: (tmp_path / "l").unlink()])

    def lock_late(file: int, operation: int, flock=fcntl.flock) -> None:
        next(locks, lambda file: None)(file)  # its last owner removes it between opening and locking
        flock(file, operation)

    monkeypatch.setattr("fcntl.flock", lock_late)
    lock = Lock.take(tmp_path / "l")

    assert lock is not None
    assert (tmp_path / "l").exists()
    lock.release()
