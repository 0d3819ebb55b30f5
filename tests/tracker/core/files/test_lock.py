import subprocess
import sys
from pathlib import Path

from poseglass.core.files.lock import Lock

HOLD = """
import sys
from pathlib import Path
from poseglass.core.files.lock import Lock
lock = Lock.take(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Start another process that takes the lock and keeps it."""
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
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


def test_where_nothing_can_be_written_nothing_is_locked(tmp_path: Path):
    lock = Lock.take(tmp_path / "no" / "folder" / "l")

    assert lock is not None
    lock.release()
