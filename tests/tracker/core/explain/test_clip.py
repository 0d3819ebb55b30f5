from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from figures import BLOB, DOTS, HEAT, THREE, CrowdEstimator, LookingEstimator, ThreeBoxes, draw_dots, draw_three
from poseglass.core.explain.clip import (
    LookClipJob,
    ResultsClipJob,
    Sighting,
    explain_clip,
    explain_results,
    follow_looking,
    look_clip,
)
from poseglass.core.explain.maps import MapChoice, MapView
from poseglass.core.export import draft
from poseglass.core.fences import FencedEstimator
from poseglass.core.run import Method
from poseglass.core.store.footage import footage_of
from poseglass.core.store.tracks import Tracks
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import NobodyError, PluginError, VideoError
from poseglass.types import Floats, Frame, Image, MapName

TICKS = [0, 3, 4, 9, 12, 13, 20, 21]  # of 1/30 s, uneven
CENTERS = [(80.0 + 4 * i, 70.0) for i in range(len(TICKS))]


@pytest.fixture
def video(tmp_path: Path) -> Iterator[Video]:
    """Two dots that walk to the right."""
    with VideoWriter(tmp_path / "walk.mp4", 200, 150, Fraction(1, 30), Fraction(30)) as writer:
        for tick, center in zip(TICKS, CENTERS, strict=True):
            writer.write(draw_dots(150, 200, center), tick)
    with Video.open(tmp_path / "walk.mp4") as opened:
        yield opened


def seen(video: Video, name: MapName, start: int = 0, looking: LookingEstimator | None = None) -> Iterator[Sighting]:
    frames = video.frames(range(start, video.info.n_frames))
    return follow_looking(frames, Method(FencedEstimator("looking", looking or LookingEstimator())), lambda: None, name)


def explained(path: Path, video: Video, what: Iterator[Sighting], choice: MapChoice, **said) -> tuple[int, list[Frame]]:
    done = explain_clip(
        path, video.info, what, choice, MapView(colours="turbo"),
        said.get("watch", lambda done: None), said.get("should_stop", lambda: False),
    )  # fmt: skip
    with Video.open(path) as clip:
        return done, list(clip.frames())


def above(image: Image, center: tuple[float, float]) -> Image:
    """Return a patch over the red dot, near enough for its map and too far for the pose that is drawn on top."""
    x, y = round(center[0] + 20), round(center[1])
    return image[y - 9 : y - 5, x - 3 : x + 4].astype(int)


def test_every_frame_shows_its_own_map_at_its_own_time(tmp_path: Path, video: Video):
    done, frames = explained(tmp_path / "out.mp4", video, seen(video, HEAT, 2), MapChoice(HEAT, (0,)))
    step = frames[1].time_s - frames[0].time_s

    assert done == len(frames) == 6
    assert step == pytest.approx(5 / 30)
    for frame, plain, center in zip(frames, list(video.frames())[2:], CENTERS[2:], strict=True):
        assert np.abs(above(frame.image, center) - above(plain.image, center)).mean() > 20
        assert np.abs(frame.image[:40].astype(int) - plain.image[:40]).mean() < 2


def test_frames_without_anybody_are_left_as_they_are(tmp_path: Path, video: Video):
    nobody = (Sighting(s.frame, None, np.zeros((0, 2, 2)), np.zeros((0, 2)), DOTS) for s in seen(video, BLOB))
    done, frames = explained(tmp_path / "out.mp4", video, nobody, MapChoice(BLOB))

    assert done == len(TICKS)
    for frame, plain in zip(frames, video.frames(), strict=True):
        assert np.abs(frame.image.astype(int) - plain.image).mean() < 2


class LookingCrowd(CrowdEstimator, LookingEstimator):
    """Shows where it sees each person's dots in that person's box."""

    def _look(self, image: Image, box: Floats) -> tuple[Floats, Floats]:
        return super()._look(image, box + np.array([-10, -10, 10, 10]))


@pytest.fixture
def three_path(tmp_path: Path) -> Path:
    """A video of three people who walk to the right."""
    with VideoWriter(tmp_path / "three.mp4", 320, 200, Fraction(1, 30), Fraction(30)) as writer:
        for i in range(4):
            writer.write(draw_three(200, 320, 4 * i), i)
    return tmp_path / "three.mp4"


def painted_people(clip: Path, video: Path) -> list[str]:
    """Return who has a map on their red dot, in every frame of a clip, by the names that ThreeBoxes gives."""
    with Video.open(clip) as painted, Video.open(video) as plain:
        pairs = list(zip(painted.frames(), plain.frames(), strict=True))
    changed = [
        [np.abs(above(a.image, (x + 4 * i, y)) - above(b.image, (x + 4 * i, y))).mean() > 20 for x, y in THREE]
        for i, (a, b) in enumerate(pairs)
    ]
    assert all(frame == changed[0] for frame in changed)
    return [str(n + 1) for n, is_painted in enumerate(changed[0]) if is_painted]


@pytest.mark.parametrize(("person", "whose"), [(None, ["1", "2", "3"]), ("2", ["2"])])
def test_maps_are_painted_of_everybody_or_of_one(
    tmp_path: Path, three_path: Path, person: str | None, whose: list[str]
):
    job = LookClipJob(three_path, tmp_path / "out.mp4", str(HEAT), ("left_dot",), person)
    done = look_clip(job, lambda *_: None, lambda: False, Method(LookingCrowd(), ThreeBoxes))

    assert done.frames == 4
    assert painted_people(job.clip, three_path) == whose


def test_somebody_who_never_came_is_told_and_leaves_nothing(tmp_path: Path, three_path: Path):
    job = LookClipJob(three_path, tmp_path / "out.mp4", str(HEAT), (), "7")
    with pytest.raises(NobodyError, match=r"nobody is called '7' in these frames; there are 1, 2, 3"):
        look_clip(job, lambda *_: None, lambda: False, Method(LookingCrowd(), ThreeBoxes))

    assert not job.clip.exists()


@pytest.mark.parametrize(("person", "whose"), [(None, ["1", "3"]), ("3", ["3"])])
def test_along_results_maps_are_painted_of_everybody_or_of_one(
    tmp_path: Path, three_path: Path, person: str | None, whose: list[str]
):
    looking = LookingCrowd()
    with Video.open(three_path) as video:
        tracks = Tracks(footage_of(video.info), DOTS)
        for seen in Method(looking, ThreeBoxes).run().frames(video.frames()):
            tracks.keep(seen.frame.index, seen.poses.part([0, 2]), ["1", "3"])
    job = ResultsClipJob(
        three_path, tmp_path / "out.mp4", range(4), draft(tracks), person, MapChoice(HEAT, (0,)), MapView()
    )
    before = len(looking.shown)
    done = explain_results(job, lambda *_: None, lambda: False, Method(looking, ThreeBoxes))

    assert done == 4
    assert painted_people(job.clip, three_path) == whose
    assert [len(boxes) for boxes in looking.shown[before:]] == [len(whose)] * 4  # one look for all of them


def test_everybodys_own_map_is_painted(tmp_path: Path, three_path: Path):
    looking = LookingCrowd()
    with Video.open(three_path) as three:
        sightings = follow_looking(three.frames(), Method(looking, ThreeBoxes), lambda: None, HEAT)
        done, frames = explained(tmp_path / "out.mp4", three, sightings, MapChoice(HEAT, (0,)))
        pairs = list(zip(frames, three.frames(), strict=True))

    assert done == len(looking.asked) == 4
    for i, (painted, plain) in enumerate(pairs):
        for x, y in THREE:
            place = x + 4 * i, y
            assert np.abs(above(painted.image, place) - above(plain.image, place)).mean() > 20


def test_frames_are_not_painted_in_place(tmp_path: Path, video: Video):
    kept = list(seen(video, HEAT))
    before = [sighting.frame.image.copy() for sighting in kept]
    explained(tmp_path / "out.mp4", video, iter(kept), MapChoice(HEAT))

    assert all((sighting.frame.image == image).all() for sighting, image in zip(kept, before, strict=True))


def test_a_stopped_clip_is_kept(tmp_path: Path, video: Video):
    told: list[int] = []
    done, frames = explained(
        tmp_path / "out.mp4",
        video,
        seen(video, BLOB),
        MapChoice(BLOB),
        watch=told.append,
        should_stop=lambda: len(told) == 3,
    )

    assert told == [1, 2, 3]
    assert done == len(frames) == 3


def test_what_fails_on_the_way_leaves_what_lay_there(tmp_path: Path, video: Video):
    class Breaks(LookingEstimator):
        def explain(self, image, boxes, want):
            if len(self.wanted) == 3:
                raise ValueError("oh")
            return super().explain(image, boxes, want)

    (tmp_path / "out.mp4").write_text("before")
    with pytest.raises(PluginError, match="oh"):
        explained(tmp_path / "out.mp4", video, seen(video, BLOB, looking=Breaks()), MapChoice(BLOB))

    assert (tmp_path / "out.mp4").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "walk.mp4"]


def test_each_pose_comes_with_the_map_of_its_own_look(video: Video):
    looking = LookingEstimator()
    sightings = list(seen(video, HEAT, looking=looking))

    assert set(looking.wanted) == {(HEAT,)}
    for sighting in sightings:
        assert sighting.explanation is not None
        np.testing.assert_array_equal(sighting.explanation.poses.xy, sighting.xy)
    followed = len(looking.asked)
    list(follow_looking(video.frames(), Method(looking), lambda: None, HEAT))
    assert len(looking.asked) == 2 * followed  # the same again: nothing is remembered from clip to clip


def test_following_costs_one_look_a_frame(video: Video):
    looking = LookingEstimator()
    sightings = seen(video, HEAT, looking=looking)
    next(sightings)
    searched = len(looking.asked)
    rest = list(sightings)

    assert len(looking.asked) - searched == len(rest)


def test_no_frame_is_an_error_and_no_file(tmp_path: Path, video: Video):
    with pytest.raises(VideoError, match="no frame could be decoded"):
        explained(tmp_path / "out.mp4", video, iter(()), MapChoice(BLOB))

    assert not (tmp_path / "out.mp4").exists()
