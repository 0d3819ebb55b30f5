from dataclasses import replace
from pathlib import Path

import pytest

from figures import BLOB, HEAT
from poseglass.core.explain.clip import LookClipJob, chosen_map, look_clip, most_telling
from poseglass.core.video.video import Video
from poseglass.errors import OutputError, PluginError
from poseglass.types import MapName

SAMPLE = Path(__file__).parents[4] / "tracker" / "poseglass" / "assets" / "sample.mp4"
PART = MapName(2, "part", 48, 48, per_keypoint=True)


@pytest.fixture
def job(tmp_path: Path) -> LookClipJob:
    options = {"model": "fast", "device": "cpu"}
    return LookClipJob(SAMPLE, tmp_path / "out.mp4", start_s=1.0, stop_s=1.2, estimator_options=options)


def test_a_range_becomes_a_clip_with_the_maps_on_it(job: LookClipJob):
    told: list[tuple[int, int]] = []
    done = look_clip(job, lambda *so_far: told.append(so_far), lambda: False)
    with Video.open(job.clip) as clip, Video.open(SAMPLE) as video:
        pairs = list(zip(clip.frames(), video.frames(video.info.numbers_between(1.0, 1.2)), strict=True))

    assert (done.frames, done.map.kind, done.complete) == (6, "part", True)
    assert told == [(n, 6) for n in range(1, 7)]
    for painted, plain in pairs:
        assert painted.time_s == pytest.approx(plain.time_s - pairs[0][1].time_s)
        assert (abs(painted.image.astype(int) - plain.image) > 40).mean() > 0.005


def test_stopped_early_it_says_so(job: LookClipJob):
    told: list[int] = []
    done = look_clip(job, lambda done, expected: told.append(done), lambda: len(told) == 2)

    assert (done.frames, done.complete) == (2, False)


def test_the_video_itself_is_not_overwritten(job: LookClipJob):
    with pytest.raises(OutputError, match="is the video itself"):
        look_clip(replace(job, clip=SAMPLE), lambda *_: None, lambda: False)


def test_a_map_is_chosen_by_name_or_kind():
    names = (BLOB, PART, HEAT)

    assert chosen_map(names, "blob") == BLOB
    assert chosen_map(names, "stack2/heatmap/16x16") == HEAT
    assert chosen_map(names, None) == PART
    with pytest.raises(PluginError, match=r"no map 'dream'; the estimator has: stack1/blob/12x12, "):
        chosen_map(names, "dream")


def test_attention_of_every_keypoint_tells_most_and_heatmaps_are_the_last_resort():
    assert most_telling((BLOB, PART, HEAT)) == PART
    assert most_telling((BLOB, HEAT)) == BLOB
    assert most_telling((HEAT,)) == HEAT
