"""Names, pipes and folders that a shell may hand over, as a user meets them: a process, what it says, its status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import clips
import stranger

QUICK = ["--estimator", "middle", "--detector", "none"]


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stranger's quick estimator."""
    return stranger.install(tmp_path_factory.mktemp("middle"))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return clips.write(tmp_path / "a.mp4", clips.constant(3)).path


def shell(
    line: str, site: Path, folder: Path, *arguments: object, **settings: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a line in which `poseglass` is the program and $1, $2 ... are the arguments."""
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    start = f'poseglass() {{ "{sys.executable}" -m poseglass "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", start + line, "bash", *map(os.fspath, map(str, arguments)), *QUICK],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **settings},
        capture_output=True,
        timeout=200,
    )


def one_line(said: bytes) -> bool:
    return said.count(b"\n") == 1 and b"Traceback" not in said


@pytest.mark.parametrize("named", [["track", ""], ["track", "."], ["track", "/"], ["track", ".."], ["look", ""],
                                   ["track", "a.mp4", "-o", ""], ["track", "a.mp4", "-o", "."],
                                   ["track", "a.mp4", "-o", "/"], ["track", "a" * 300], ["b" * 300], [""],
                                   ["track", "rtsp://admin:hunter2@cam/x"], ["rtsp://admin:hunter2@cam/x"],
                                   ["track", "a.mp4", "-o", "rtsp://admin:hunter2@cam/x"]])  # fmt: skip
def test_what_names_no_file_is_one_line(video: Path, middle: Path, named: list[str]):
    done = shell('poseglass "$@"', middle, video.parent, *named)

    assert done.returncode == 2
    assert one_line(done.stderr), done.stderr.decode()
    assert b"hunter2" not in done.stderr


def test_a_pipe_that_closes_costs_nothing(video: Path, middle: Path):
    done = shell('poseglass "$@" | head -0; exit ${PIPESTATUS[0]}', middle, video.parent, "track", video)

    assert done.returncode == 0
    assert done.stderr == b""
    assert video.with_name("a.poses.csv").read_text().count("\n") == 4


@pytest.mark.parametrize("line", ['poseglass "$@" > /dev/full', 'poseglass "$@" >&-', 'poseglass "$@" >&- 2>&-'])
def test_results_count_not_what_can_be_said_of_them(video: Path, middle: Path, line: str):
    done = shell(line, middle, video.parent, "track", video)

    assert done.returncode == 0
    assert done.stderr == b""
    assert video.with_name("a.poses.csv").read_text().count("\n") == 4


def test_help_may_be_read_in_part(middle: Path, tmp_path: Path):
    done = shell("poseglass track --help | head -0; exit ${PIPESTATUS[0]}", middle, tmp_path)

    assert done.returncode == 0
    assert done.stderr == b""


def test_every_name_is_shown_on_one_line_in_every_terminal(video: Path, middle: Path):
    wild = video.rename(video.with_name("läuft\n\x1b[31m跑\udcff.mp4"))
    done = shell('poseglass "$1" "$2"*.mp4 "${@:3}"', middle, video.parent, "track", "l", PYTHONIOENCODING="ascii")

    assert done.returncode == 0, done.stderr.decode()
    said = rb"wrote l\xe4uft\n\x1b[31m\u8dd1\udcff.poses.csv"
    assert done.stdout.splitlines()[1:] == [said, said.replace(b".csv", b".meta.json")]
    assert wild.with_suffix(".poses.csv").is_file()


def test_a_name_too_long_for_its_results_is_told_before_the_work(video: Path, middle: Path):
    wide = video.rename(video.with_name("跑" * 80 + ".mp4"))
    done = shell('poseglass "$@"', middle, video.parent, "track", wide)

    assert done.returncode == 2
    assert one_line(done.stderr), done.stderr.decode()
    assert shell('poseglass "$@"', middle, video.parent, "track", wide, "-o", "short.csv").returncode == 0


def test_a_folder_that_is_gone_is_told(video: Path, middle: Path, tmp_path: Path):
    (tmp_path / "gone").mkdir()
    done = shell('cd gone; rmdir ../gone; poseglass "$@"', middle, tmp_path, "track", video)

    assert done.returncode == 2
    assert one_line(done.stderr), done.stderr.decode()


def test_the_second_of_one_name_is_refused_until_told_otherwise(video: Path, middle: Path):
    other = clips.write(video.with_name("a.mov"), clips.constant(5)).path
    table = video.with_name("a.poses.csv")
    line = 'poseglass "$@"'
    assert shell(line, middle, video.parent, "track", video, other).returncode == 2
    assert not table.exists()
    assert [shell(line, middle, video.parent, "track", video).returncode for _ in range(2)] == [0, 0]
    refused = shell(line, middle, video.parent, "track", other)
    assert refused.returncode == 2
    assert one_line(refused.stderr)
    assert table.read_text().count("\n") == 4
    assert shell(line, middle, video.parent, "track", other, "-o", "b.csv").returncode == 0
    assert shell(line, middle, video.parent, "track", other, "--overwrite").returncode == 0
    assert table.read_text().count("\n") == 6


def test_a_drawn_video_that_fails_is_told_and_the_table_is_there(video: Path, middle: Path):
    days = clips.write(video.with_name("days.mkv"), [40, 40, 3 * 86_400_000, 40], clips.Recipe(suffix=".mkv")).path
    done = shell('poseglass "$@"', middle, video.parent, "track", days, "--overlay", "drawn.mp4")

    assert done.returncode == 2
    assert done.stderr.startswith(b"poseglass: drawn.mp4: cannot be written")
    assert one_line(done.stderr)
    assert b"drawn.mp4" not in done.stdout
    assert days.with_name("days.poses.csv").read_text().count("\n") == 5
