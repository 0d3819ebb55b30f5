import numpy as np
import pytest

from poseglass.core.store.origins import UNKNOWN, Origins, frames_text

DOTS, RINGS = {"estimator": "dots"}, {"estimator": "rings"}


def test_what_one_run_measured_needs_no_frames():
    origins = Origins(10)
    origins.begin(DOTS)
    origins.put(slice(2, 7))

    assert origins.told() == (DOTS,)
    assert origins.of_frame.tolist() == [UNKNOWN] * 2 + [0] * 5 + [UNKNOWN] * 3


def test_of_several_runs_each_names_the_frames_that_are_still_its_own():
    origins = Origins(100)
    origins.begin(DOTS)
    origins.put(slice(0, 60))
    origins.begin(RINGS)
    origins.put(np.array([3, 10, 11, 12]))

    assert origins.told() == ({**DOTS, "frames": "0-2, 4-9, 13-59"}, {**RINGS, "frames": "3, 10-12"})


def test_a_run_like_one_before_is_that_one():
    origins = Origins(10)
    for facts in (DOTS, RINGS, dict(DOTS)):
        origins.begin(facts)
        origins.put(slice(0, 5))

    assert origins.told() == (DOTS,)
    assert len(origins.facts) == 2


def test_a_run_whose_frames_were_all_measured_again_is_not_told():
    origins = Origins(10)
    for facts in (DOTS, RINGS):
        origins.begin(facts)
        origins.put(slice(0, 10))

    assert origins.told() == (RINGS,)


def test_before_the_first_run_nobody_knows():
    origins = Origins(10)
    origins.put(slice(0, 10))

    assert origins.told() == ()
    assert origins.now == {}


@pytest.mark.parametrize(
    ("frames", "text"), [([], ""), ([4], "4"), ([4, 5], "4-5"), ([0, 2, 4, 5, 6], "0, 2, 4-6"), ([7, 9], "7, 9")]
)
def test_frames_in_words(frames: list[int], text: str):
    assert frames_text(np.array(frames, dtype=np.intp)) == text
