import csv
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import clips
from figures import DOTS, THREE, CrowdEstimator, DotEstimator, ThreeBoxes, draw_dots, draw_three, write_empty
from poseglass.api import Needs
from poseglass.core import export
from poseglass.core.fences import FencedExporter
from poseglass.core.motion.calibration import Calibration
from poseglass.core.people_marks import person_colour
from poseglass.core.plugins import make_exporter, make_smoother
from poseglass.core.run import Method
from poseglass.core.session.session_file import Saved, read_session, write_session
from poseglass.core.store.document import Document
from poseglass.core.store.footage import footage_of
from poseglass.core.store.recordings import record
from poseglass.core.track import Job, Outcome, frames_between, track
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import OutputError, PoseglassError, VideoError
from poseglass_plugins.csv_table import CsvOptions, CsvTable

STAMPS = [0, 40, 80, 280, 281, 320, 360, 400, 440, 480]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Dots that walk right, 5 px a frame, at uneven times."""
    path = tmp_path / "dots.mp4"
    with VideoWriter(path, 320, 200, Fraction(1, 1000), Fraction(25)) as writer:
        for i, pts in enumerate(STAMPS):
            writer.write(draw_dots(200, 320, (100 + 5 * i, 90)), pts)
    return path


def run(job: Job, stop_after: int | None = None, method: Method | None = None) -> Outcome:
    """Do the job, with the dots' estimator unless another method is given."""
    done: list[int] = []
    return track(
        job,
        lambda n, _: done.append(n),
        lambda: stop_after is not None and len(done) >= stop_after,
        method or Method(DotEstimator()),
    )


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_decoded_frame_has_a_row_with_its_true_time(tmp_path: Path, video: Path):
    outcome = run(Job(video, tmp_path / "out.csv"))
    rows = table(tmp_path / "out.csv")

    assert outcome.frames == outcome.found == len(STAMPS)
    assert [float(row["time_s"]) for row in rows] == [pts / 1000 for pts in STAMPS]
    np.testing.assert_allclose([float(row["left_dot.x"]) for row in rows], [120 + 5 * i for i in range(10)], atol=0.5)


def test_the_drawn_video_has_the_frames_and_times_of_the_original(tmp_path: Path, video: Path):
    run(Job(video, tmp_path / "out.csv", drawn=tmp_path / "out.mp4"))
    with Video.open(tmp_path / "out.mp4") as drawn:
        frames = list(drawn.frames())

    assert [frame.time_s for frame in frames] == [pts / 1000 for pts in STAMPS]
    assert frames[0].image[90, 100].min() > 150  # the line between the dots


def test_frames_that_share_a_stamp_have_rows_and_are_drawn_but_not_smoothed(tmp_path: Path):
    plain, shared, stamps = (
        tmp_path / "plain.mp4",
        tmp_path / "shared.mkv",
        [0, 40, 40, 80, 120, 120, 160, 200, 240, 280],
    )
    with VideoWriter(plain, 320, 200, Fraction(1, 25), Fraction(25), coding={"bf": "0"}) as writer:
        for i in range(10):
            writer.write(draw_dots(200, 320, (100 + 5 * i, 90)), i)
    clips.restamp(plain, shared, stamps)
    run(Job(shared, tmp_path / "out.csv", drawn=tmp_path / "out.mp4"))
    rows = table(tmp_path / "out.csv")

    assert [float(row["time_s"]) * 1000 for row in rows] == stamps
    assert [row["left_dot.x_smooth"] == "" for row in rows] == [n in (2, 5) for n in range(10)]
    assert all(row["left_dot.x"] for row in rows)
    with Video.open(tmp_path / "out.mp4") as drawn:
        assert drawn.info.n_frames == 10


def test_a_range_keeps_the_videos_numbers(tmp_path: Path, video: Path):
    run(Job(video, tmp_path / "out.csv", drawn=tmp_path / "out.mp4", start_s=0.08, stop_s=0.4))
    rows = table(tmp_path / "out.csv")

    assert [row["frame_idx"] for row in rows] == ["2", "3", "4", "5", "6"]
    with Video.open(tmp_path / "out.mp4") as drawn:
        assert [frame.time_s for frame in drawn.frames()] == [0, 0.2, 0.201, 0.24, 0.28]


def test_the_sidecar_says_how_to_make_it_again(tmp_path: Path, video: Path):
    run(Job(video, tmp_path / "out.csv"))
    meta = json.loads((tmp_path / "out.meta.json").read_text())

    assert meta["complete"] is True
    assert meta["placed_by_hand"] == 0
    assert meta["frames"] == len(STAMPS)
    assert meta["video"]["is_vfr"] is True
    assert meta["video"]["frame_gap_s"]["max"] == pytest.approx(0.2)
    assert len(meta["video"]["fingerprint"]) == 64
    assert meta["skeleton"]["keypoints"] == ["left_dot", "right_dot"]
    assert {"device": "cpu", "device_reason": "a test"} in meta["plugins"]
    assert meta["plugins"][1]["smoother"] == "kalman"


def test_stopping_early_leaves_a_valid_part(tmp_path: Path, video: Path):
    outcome = run(Job(video, tmp_path / "out.csv", drawn=tmp_path / "out.mp4"), stop_after=4)

    assert not outcome.complete
    assert len(table(tmp_path / "out.csv")) == outcome.frames == 4
    assert json.loads((tmp_path / "out.meta.json").read_text())["complete"] is False
    with Video.open(tmp_path / "out.mp4") as drawn:
        assert len(list(drawn.frames())) == 4


def test_without_smoothing_the_smoothed_columns_are_empty(tmp_path: Path, video: Path):
    run(Job(video, tmp_path / "out.csv", smoother=None))

    assert {row["left_dot.x_smooth"] for row in table(tmp_path / "out.csv")} == {""}


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"video": "missing.mp4"}, VideoError, "missing.mp4"),
        ({"table": "no/such/folder/out.csv"}, OutputError, "cannot be written"),
        ({"drawn": "no/such/folder/out.mp4"}, OutputError, "cannot be written"),
        ({"table": "dots.mp4"}, OutputError, "one file"),
        ({"drawn": "out.csv"}, OutputError, "one file"),
        ({"start_s": 99.0}, VideoError, r"no frame from 99 s on; the last one is at 0\.480 s"),
        ({"start_s": 9.0, "stop_s": 10.0}, VideoError, "no frame from 9 s to 10 s; "),
        ({"exporter": "none"}, PoseglassError, "no exporter"),
        ({"smoother": "none"}, PoseglassError, "no smoother"),
    ],
)
def test_a_mistake_is_one_line_and_the_old_results_stand(
    tmp_path: Path, video: Path, change: dict[str, object], error: type[Exception], said: str
):
    (tmp_path / "out.csv").write_text("old")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    size = video.stat().st_size
    paths = {key: tmp_path / value if isinstance(value, str) and key in ("video", "table", "drawn") else value
             for key, value in change.items()}  # fmt: skip
    job = Job(**{"video": video, "table": tmp_path / "out.csv", **paths})
    with pytest.raises(error, match=said) as caught:
        run(job)

    assert "\n" not in str(caught.value)
    assert (tmp_path / "out.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert video.stat().st_size == size


def test_a_failing_estimator_leaves_no_half_results(tmp_path: Path, video: Path):
    class Failing(DotEstimator):
        def estimate(self, image, boxes):
            if len(self.asked) > 6:
                raise PoseglassError("out of memory")
            return super().estimate(image, boxes)

    with pytest.raises(PoseglassError, match="out of memory"):
        run(Job(video, tmp_path / "out.csv", drawn=tmp_path / "out.mp4"), method=Method(Failing()))

    assert [path.name for path in tmp_path.iterdir()] == ["dots.mp4"]


def test_a_variable_rate_clip_keeps_its_times(tmp_path: Path):
    clip = clips.write(tmp_path / "vfr.mkv", clips.variable(40), clips.Recipe(suffix=".mkv"))
    run(Job(clip.path, tmp_path / "out.csv"))
    times = [float(row["time_s"]) for row in table(tmp_path / "out.csv")]

    np.testing.assert_allclose(times, [float(time) for time in clip.times_s], atol=1e-6)


def test_a_document_exports_what_the_command_line_writes(tmp_path: Path, video: Path):
    run(Job(video, tmp_path / "out.csv", start_s=0.05, stop_s=0.45))
    with Video.open(video) as opened:
        document = Document(footage_of(opened.info), DOTS)
        for seen in Method(DotEstimator()).run().frames(opened.frames(frames_between(opened.info, 0.05, 0.45))):
            document.arrivals.put(seen.frame.index, seen.poses, seen.people)
    document.take_arrivals()
    write_session(tmp_path / "a.poseglass", Saved(document))
    for exported in (document, read_session(tmp_path / "a.poseglass").document):
        make_exporter("csv").write(record(exported.tracks, make_smoother("kalman")), tmp_path / "window.csv")

        assert (tmp_path / "window.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


def test_three_boxes_are_three_tracks_in_the_table_and_the_drawn_video(tmp_path: Path):
    with VideoWriter(tmp_path / "three.mp4", 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(8):
            writer.write(draw_three(200, 320, 2 * i), i)
    estimator = CrowdEstimator()
    job = Job(tmp_path / "three.mp4", tmp_path / "out.csv", drawn=tmp_path / "out.mp4")
    outcome = run(job, method=Method(estimator, ThreeBoxes))
    rows = table(tmp_path / "out.csv")
    with Video.open(tmp_path / "out.mp4") as drawn, Video.open(tmp_path / "three.mp4") as plain:
        pictures = [(after.image, before.image) for after, before in zip(drawn.frames(), plain.frames(), strict=True)]

    assert (outcome.frames, outcome.found, len(rows)) == (8, 8, 24)
    assert len(estimator.asked) == 8
    for name, (x, y) in zip(("1", "2", "3"), THREE, strict=True):
        mine = [row for row in rows if row["track"] == name]
        assert [int(row["frame_idx"]) for row in mine] == list(range(8))
        for place, shift in (("left_dot", 20), ("right_dot", -20)):
            np.testing.assert_allclose([float(row[f"{place}.x"]) for row in mine], x + shift + 2 * np.arange(8), atol=1)
            np.testing.assert_allclose([float(row[f"{place}.y"]) for row in mine], y, atol=1)
            smooth = [float(row[f"{place}.x_smooth"]) for row in mine]
            np.testing.assert_allclose(smooth, x + shift + 2 * np.arange(8), atol=1.5)
        for i, (after, before) in enumerate(pictures):
            between = round(y), round(x + 2 * i)  # the line between the dots
            assert before[between].max() < 60
            apart = {other: np.abs(after[between] - np.array(person_colour(other))).sum() for other in ("1", "2", "3")}
            assert min(apart, key=lambda other: apart[other]) == name
            assert after[between].max() > 150
    assert json.loads((tmp_path / "out.meta.json").read_text())["complete"] is True


def test_a_video_without_anybody_is_a_table_of_frames_alone(tmp_path: Path):
    write_empty(tmp_path / "empty.mp4")
    outcome = run(Job(tmp_path / "empty.mp4", tmp_path / "out.csv", drawn=tmp_path / "out.mp4"))
    rows = table(tmp_path / "out.csv")

    assert (outcome.frames, outcome.found, outcome.complete) == (3, 0, True)
    assert [(row["frame_idx"], row["track"], row["left_dot.x"]) for row in rows] == [(str(i), "", "") for i in range(3)]


def test_an_exporter_that_cannot_write_this_video_says_so_before_the_work(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    even = FencedExporter("even", CsvTable(CsvOptions()), Needs(constant_rate=True))
    monkeypatch.setattr(export, "make_exporter", lambda *_: even)
    estimator = DotEstimator()
    with pytest.raises(OutputError, match="exporter 'even' needs a constant frame rate"):
        run(Job(video, tmp_path / "out.csv"), method=Method(estimator))

    assert not estimator.asked


def test_a_drawn_video_that_fails_leaves_the_table_its_way(tmp_path: Path):
    """A pause of three days is more than MP4 can say: pictures are refused after all the work."""
    path = tmp_path / "days.mkv"
    clips.write(path, [40, 40, 3 * 86_400_000, 40, 40], clips.Recipe(suffix=".mkv"))
    (tmp_path / "out.mp4").write_text("old")
    outcome = run(Job(path, tmp_path / "out.csv", drawn=tmp_path / "out.mp4"))

    assert outcome.complete
    assert "out.mp4: cannot be written" in outcome.problem
    assert len(table(tmp_path / "out.csv")) == outcome.frames
    assert (tmp_path / "out.mp4").read_text() == "old"
    assert not list(tmp_path.glob(".poseglass-*"))


def test_angles_and_speeds_are_columns_on_request_and_in_metres_where_the_camera_stands(tmp_path: Path, video: Path):
    metre = Calibration((0.0, 0.0, 100.0, 0.0), 1.0)
    outcome = run(Job(video, tmp_path / "out.csv", smoother=None, angles=True, calibration=metre))
    rows, told = table(tmp_path / "out.csv"), json.loads((tmp_path / "out.meta.json").read_text())

    assert outcome.unscaled == ""
    assert float(rows[1]["left_dot.speed_px_s"]) == pytest.approx(5 / 0.04, rel=0.05)
    assert float(rows[1]["left_dot.speed_m_s"]) == pytest.approx(0.05 / 0.04, rel=0.05)
    assert float(rows[1]["left_dot.x_m"]) == pytest.approx(1.25, abs=0.01)
    assert float(rows[1]["left_dot.x_m_sigma"]) == pytest.approx(0.01, rel=0.01)
    assert told["calibration"]["metres_a_px"] == pytest.approx(0.01)
    assert told["measures"]


def test_a_table_without_angles_is_as_it_was(tmp_path: Path, video: Path):
    run(Job(video, tmp_path / "out.csv", smoother=None))

    assert not [column for column in table(tmp_path / "out.csv")[0] if "speed" in column or "_m" in column]
    assert not {"measures", "calibration"} & json.loads((tmp_path / "out.meta.json").read_text()).keys()


def test_where_the_camera_moves_nothing_is_in_metres_and_the_outcome_says_so(tmp_path: Path):
    scene = np.random.default_rng(0).integers(0, 12, (50, 100, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    with VideoWriter(tmp_path / "pan.mp4", 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(20):
            dots = draw_dots(200, 320, (160, 90))
            writer.write(np.maximum(dots, scene[100:300, 100 + 4 * i : 420 + 4 * i] * 8), i)
    metre = Calibration((0.0, 0.0, 100.0, 0.0), 1.0)
    outcome = run(Job(tmp_path / "pan.mp4", tmp_path / "out.csv", angles=True, calibration=metre))
    told = json.loads((tmp_path / "out.meta.json").read_text())

    assert "the picture is shifted" in outcome.unscaled
    assert told["calibration"]["not_used"] == outcome.unscaled
    assert told["calibration"]["metres"] == 1.0
    columns = list(table(tmp_path / "out.csv")[0])
    assert "left_dot.speed_px_s" in columns
    assert not [column for column in columns if column.endswith(("_m", "_m_s"))]


@pytest.mark.parametrize("rotation", [0, 90])
def test_speeds_and_metres_are_those_of_the_screen_for_turned_pictures_of_wide_pixels(tmp_path: Path, rotation: int):
    # Stored pixels are twice as wide as high; of a picture that a player turns they are twice as high as wide.
    path, wide = tmp_path / "turned.mp4", Fraction(2) if rotation == 0 else Fraction(1, 2)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10"})
        stream.width, stream.height = (200, 320) if rotation else (320, 200)
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        if rotation:
            stream.set_display_rotation(rotation)
        for i in range(8):
            pixels = np.rot90(draw_dots(200, 320, (100 + 5 * i, 90)), -rotation // 90)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels))))
        container.mux(stream.encode(None))
    upright = Calibration((0.0, 0.0, 0.0, 100.0), 1.0)
    run(Job(path, tmp_path / "out.csv", smoother=None, angles=True, calibration=upright))
    row = table(tmp_path / "out.csv")[4]

    assert float(row["left_dot.x"]) == pytest.approx(140, abs=1)
    assert float(row["left_dot.speed_px_s"]) == pytest.approx(5 * 25 * wide, rel=0.1)
    assert float(row["left_dot.x_m"]) == pytest.approx(1.4 * wide, abs=0.02)
    assert float(row["left_dot.y_m"]) == pytest.approx(-0.9, abs=0.02)
