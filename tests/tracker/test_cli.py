"""The command line as a user runs it: a process, its exit status, and what it says."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import clips
import stranger
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter

SAMPLE = Path(__file__).parents[2] / "tracker" / "poseglass" / "assets" / "sample.mp4"
SLOW = stranger.MODULE.replace(
    "        xy = ((boxes", "        import time\n\n        time.sleep(0.1)\n        xy = ((boxes"
)


def poseglass(*arguments: object, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        env=environment(site),
        timeout=200,
        stdin=subprocess.DEVNULL,
    )


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "poseglass", *map(str, arguments)]


def environment(site: Path | None) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    here = [str(site), *clean.get("PYTHONPATH", "").split(os.pathsep)]
    return {**clean, "PYTHONPATH": os.pathsep.join(filter(None, here))} if site else clean


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stranger's quick estimator."""
    return stranger.install(tmp_path_factory.mktemp("middle"))


@pytest.fixture
def clip(tmp_path: Path) -> clips.Clip:
    return clips.write(tmp_path / "clip.mp4", clips.variable(20))


def test_a_strangers_estimator_runs_by_its_name(tmp_path: Path, clip: clips.Clip, middle: Path):
    how = ["--estimator", "middle", "--detector", "whole_picture"]
    done = poseglass("track", clip.path, *how, "-o", tmp_path / "out.csv", site=middle)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert done.returncode == 0, done.stderr
    assert [float(row["time_s"]) for row in rows] == pytest.approx([float(t) for t in clip.times_s], abs=1e-6)
    assert {row["middle.score"] for row in rows} == {"1.0000"}
    assert f"wrote {tmp_path / 'out.csv'}" in done.stdout


def test_several_videos_go_through_one_network_into_a_folder(tmp_path: Path, clip: clips.Clip, middle: Path):
    other = clips.write(tmp_path / "other.mp4", clips.constant(5))
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    videos = [clip.path, tmp_path / "broken.mp4", other.path]
    done = poseglass(
        "track", *videos, "--estimator", "middle", "-o", tmp_path / "out", "--overlay", tmp_path / "drawn", site=middle
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "broken.mp4" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "clip.mp4.poses.csv", "clip.mp4.poses.meta.json", "other.mp4.poses.csv", "other.mp4.poses.meta.json",
    ]  # fmt: skip
    assert (tmp_path / "out" / "other.mp4.poses.csv").read_text().count("\n") == 6
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == [
        "clip.mp4.poses.mp4", "other.mp4.poses.mp4",
    ]  # fmt: skip


def test_two_videos_of_one_name_are_refused_before_any_work(tmp_path: Path, clip: clips.Clip, middle: Path):
    done = poseglass("track", clip.path, clip.path, "--estimator", "middle", site=middle)

    assert done.returncode == 2
    assert "clip.mp4: given twice" in done.stderr


CHARACTERS = """
from dataclasses import dataclass, field
from poseglass.api import ExporterPlugin

@dataclass(frozen=True)
class Options:
    times: int = field(default=1, metadata={"help": "how often"})

class Characters:
    def __init__(self, options):
        self.times = options.times

    def write(self, recording, path):
        path.write_text(f"{recording.source.width} x {recording.source.height} " * self.times)

plugin = ExporterPlugin(name="size", summary="", options=Options, make=Characters, api=(2, 0), suffix=".txt")
"""


def test_every_option_of_every_plugin_can_be_set(tmp_path: Path, clip: clips.Clip):
    stranger.install(tmp_path)
    site = stranger.install(tmp_path, CHARACTERS, "size", "poseglass.exporters")
    plugins = ["--estimator", "middle", "--exporter", "size", "--smoother", "kalman"]
    settings = ["--set", "height=2.5", "--set", "smoother.gap_s=0.25", "--set", "exporter.times=2"]
    done = poseglass("track", clip.path, *plugins, *settings, site=site)
    facts = json.loads(clip.path.with_name("clip.poses.meta.json").read_text())["plugins"]

    assert done.returncode == 0, done.stderr
    assert clip.path.with_name("clip.poses.txt").read_text() == "160 x 120 160 x 120 "
    assert facts[1]["gap_s"] == "0.25"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["track", "--set", "gap_s"],
            "gap_s: KEY=VALUE or detector.KEY=VALUE or smoother.KEY=VALUE or",
        ),
        (["track", "--set", "window.colour=red"], "window.colour=red: KEY=VALUE or detector.KEY=VALUE"),
        (["look", "--set", "smoother.gap_s=1"], "smoother.gap_s=1: KEY=VALUE"),
        (["track", "--no-smooth", "--smoother", "kalman"], "not allowed with argument --no-smooth"),
        (["track", "--no-smooth", "--set", "smoother.gap_s=1"], "--set smoother: not with --no-smooth"),
    ],
)
def test_settings_that_fit_nowhere_are_told(clip: clips.Clip, arguments: list[str], said: str):
    done = poseglass(*arguments, clip.path)

    assert done.returncode == 2
    assert said in done.stderr


def test_an_old_plugin_is_told_what_to_change(tmp_path: Path, clip: clips.Clip):
    site = stranger.install(tmp_path, stranger.OLD_MODULE)
    done = poseglass("track", clip.path, "--estimator", "middle", site=site)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "made for API 1.1, this is 2.0" in done.stderr
    assert "docs/PLUGINS.md" in done.stderr


@pytest.mark.parametrize(("chosen", "size"), [([], "160 x 120"), (["--video-stream", "0"], "80 x 60")])
def test_one_of_several_video_streams_is_chosen(tmp_path: Path, middle: Path, chosen: list[str], size: str):
    video = clips.two_streams(tmp_path / "two.mkv")
    how = ["--estimator", "middle", "--detector", "none"]
    done = poseglass("track", video, "-o", tmp_path / "out.csv", *how, *chosen, site=middle)
    assert done.returncode == 0, done.stderr
    meta = json.loads((tmp_path / "out.meta.json").read_text())["video"]

    assert f"{meta['width']} x {meta['height']}" == size


def test_without_an_output_the_table_lies_beside_the_video(clip: clips.Clip, middle: Path):
    assert poseglass("track", clip.path, "--estimator", "middle", site=middle).returncode == 0
    assert clip.path.with_name("clip.poses.csv").exists()
    assert clip.path.with_name("clip.poses.meta.json").exists()


def test_interrupting_leaves_a_valid_part_and_says_so(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(120))
    site = stranger.install(tmp_path, SLOW)
    how = ["--estimator", "middle", "--detector", "none"]  # which looks in every frame, and so is slow in each
    output = [*how, "-o", tmp_path / "out.csv", "--overlay", tmp_path / "out.mp4"]
    process = subprocess.Popen(
        command("track", clip.path, *output), env=environment(site), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".poseglass-*.mp4")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert process.returncode == 130
    assert f"end after {len(rows)} frames" in said
    assert 0 < len(rows) < 120
    with Video.open(tmp_path / "out.mp4") as drawn:
        assert len(list(drawn.frames())) == len(rows)
    assert not list(tmp_path.glob(".poseglass-*"))


def make_text(path: Path) -> None:
    path.write_text("not a video\n" * 100)


def make_sound(path: Path) -> None:
    clips.sound_only(path)


def make_empty(path: Path) -> None:
    path.touch()


def make_no_frames(path: Path) -> None:
    clips.no_frames(path)


def make_cut(path: Path) -> None:
    clips.cut_short(clips.write(path, clips.constant(30)).path)


def make_nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    "make", [make_text, make_sound, make_empty, make_no_frames, make_cut, make_nothing, Path.mkdir]
)
def test_what_is_no_video_is_one_line_and_status_2(tmp_path: Path, middle: Path, make):
    path = tmp_path / "bad.mp4"
    make(path)
    (tmp_path / "out.csv").write_text("old")
    done = poseglass("track", path, "--estimator", "middle", "-o", tmp_path / "out.csv", site=middle)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "bad" in done.stderr
    assert (tmp_path / "out.csv").read_text() == "old"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "nobody"], "nobody"),
        (["--device", "toaster"], "toaster"),
        (["--device", "cuda:99"], "cuda:99"),
        (["--estimator", "nobody"], "nobody"),
        (["--smoother", "nobody"], "no smoother 'nobody'; installed: kalman"),
        (["--exporter", "nobody"], "no exporter 'nobody'; installed: csv"),
        (["--set", "flip=maybe"], "estimator 'attention_hourglass': flip=maybe: one of true, false"),
        (["--set", "loudness=11"], "has no option loudness; it has: device, flip, model"),
        (["--set", "smoother.gap_s=99"], "smoother 'kalman': gap_s=99: a number from 0 to 10 is wanted"),
        (["--set", "smoother.flip=1"], "has no option flip; it has: acceleration, gap_s, min_score, noise"),
        (["--model", "fast", "--set", "model=best"], "--model and --set model: say it once"),
        (["-o", "/no/such/folder/out.csv"], "/no/such/folder/out.csv"),
        (["--overlay", "/no/such/folder/out.mp4"], "/no/such/folder/out.mp4"),
        (["--start", "99"], "99"),
        (["--start", "0.2", "--stop", "0.1"], "0.1"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_2(clip: clips.Clip, arguments: list[str], said: str):
    done = poseglass("track", clip.path, *arguments)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr
    assert [path.name for path in clip.path.parent.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize("arguments", [["--start", "-1"], ["--start", "soon"], ["--stop", "nan"]])
def test_times_that_are_none_are_refused(clip: clips.Clip, arguments: list[str]):
    done = poseglass("track", clip.path, *arguments)

    assert done.returncode == 2
    assert "seconds" in done.stderr


def test_doctor_reports_versions_and_codecs(middle: Path):
    done = poseglass("doctor", site=middle)

    for topic in ("poseglass", "torch", "av ", "decoders", "libx264", "cpu", "cuda", "middle"):
        assert topic in done.stdout, done.stdout
    assert done.returncode in (0, 1)
    assert "found" in done.stdout.splitlines()[-1]


def test_the_demo_finds_the_person_in_the_sample(tmp_path: Path):
    done = poseglass("demo", "-o", tmp_path / "demo")
    with (tmp_path / "demo" / "sample.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert done.returncode == 0, done.stderr
    assert len(rows) == 120
    assert sum(row["track"] == "1" for row in rows) > 115
    with Video.open(tmp_path / "demo" / "sample_poses.mp4") as drawn:
        assert drawn.info.n_frames == 120
    assert str(tmp_path / "demo" / "sample_poses.mp4") in done.stdout


def test_look_writes_a_picture_of_a_frame(tmp_path: Path):
    done = poseglass(
        "look", SAMPLE, "--time", "2", "--model", "fast", "-o", tmp_path / "look.png", "--keypoints", "neck"
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["frame 60 at 2.000 s", f"wrote {tmp_path / 'look.png'}"]
    assert (tmp_path / "look.png").read_bytes().startswith(b"\x89PNG")


def test_look_writes_a_clip_of_a_range(tmp_path: Path):
    range_s = ["--start", "1", "--stop", "1.1"]
    done = poseglass("look", SAMPLE, "--clip", tmp_path / "c.mp4", *range_s, "--map", "part", "--model", "fast")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "3 frames with stack1/part/48x48"
    with Video.open(tmp_path / "c.mp4") as clip:
        assert clip.info.n_frames == 3


@pytest.mark.parametrize("output", [["-o", "look.png"], ["--clip", "look.mp4"]])
def test_look_says_when_an_estimator_shows_no_attention(clip: clips.Clip, middle: Path, output: list[str]):
    where = [output[0], clip.path.parent / output[1]]
    done = poseglass("look", clip.path, "--estimator", "middle", *where, site=middle)

    assert done.returncode == 2
    assert done.stderr.startswith("poseglass: estimator 'middle' shows no attention")
    assert [path.name for path in clip.path.parent.iterdir() if path.suffix in (".png", ".mp4")] == ["clip.mp4"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stop", "1"], "--stop: not without --clip"),
        (["--map", "part"], "--map: not without --clip"),
        (["--clip", "c.mp4", "--frame", "3"], "--frame: not with --clip"),
        (["--frame", "3", "--time", "1"], "not allowed with"),
        (["--colours", "mauve"], "mauve"),
        (["-o", "look.jpg"], "name it look.png"),
    ],
)
def test_look_ignores_nothing_that_it_was_told(clip: clips.Clip, arguments: list[str], said: str):
    done = poseglass("look", clip.path, *arguments)

    assert done.returncode == 2
    assert said in done.stderr


def test_a_scale_gives_metres_and_a_floor_alone_is_a_mistake(tmp_path: Path, clip: clips.Clip, middle: Path):
    how = ["--estimator", "middle", "--detector", "whole_picture", "-o", tmp_path / "out.csv"]
    done = poseglass("track", clip.path, *how, "--scale", "10,20,10,60=2", "--floor", "0,60,60,60", site=middle)
    with (tmp_path / "out.csv").open(newline="") as file:
        columns = next(csv.reader(file))

    assert done.returncode == 0, done.stderr
    assert columns[-6:-1] == [
        "middle.x_m", "middle.x_m_sigma", "middle.y_m", "middle.y_m_sigma", "middle.speed_m_s",
    ]  # fmt: skip
    for wrong, why in (
        (["--floor", "0,0,9,9"], "--floor: only with --scale"),
        (["--scale", "0,0,9,9"], "X0,Y0,X1,Y1 in pixels, = and its length in metres"),
        (["--scale", "0,0,9=1"], "0,0,9: X0,Y0,X1,Y1 in pixels"),
        (["--scale", "0,0,1,1=1"], "a line shorter than 5 pixels"),
    ):
        said = poseglass("track", clip.path, *how, *wrong, site=middle)
        assert said.returncode == 2
        assert why in said.stderr


def test_a_scale_for_a_camera_that_moves_is_told_of_and_the_table_is_there(tmp_path: Path, middle: Path):
    scene = np.random.default_rng(0).integers(0, 255, (50, 100, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    with VideoWriter(tmp_path / "pan.mp4", 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(20):
            writer.write(np.ascontiguousarray(scene[100:300, 100 + i : 420 + i]), i)
    how = ["--estimator", "middle", "--detector", "none", "--scale", "10,20,10,60=2"]
    done = poseglass("track", tmp_path / "pan.mp4", *how, site=middle)

    assert done.returncode == 2
    assert "no metres in" in done.stderr
    assert "the picture is shifted by" in done.stderr
    assert "middle.speed_px_s" in (tmp_path / "pan.poses.csv").read_text()
