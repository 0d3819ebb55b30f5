import numpy as np
import pytest

from poseglass.core.store.coverage import UNKNOWN, Coverage, frames_text

DOTS, RINGS = {"estimator": "dots"}, {"estimator": "rings"}


def test_what_one_estimator_measured_needs_no_frames():
    coverage = Coverage(10)
    coverage.note(slice(2, 7), DOTS)

    assert coverage.told() == (DOTS,)
    assert coverage.of_frame.tolist() == [UNKNOWN] * 2 + [0] * 5 + [UNKNOWN] * 3


def test_of_several_each_names_the_frames_that_are_still_its_own():
    coverage = Coverage(100)
    coverage.note(slice(0, 60), DOTS)
    coverage.note(np.array([3, 10, 11, 12]), RINGS)

    told = ({**DOTS, "frame_ranges": "0-2, 4-9, 13-59"}, {**RINGS, "frame_ranges": "3, 10-12"})
    assert coverage.told() == told


def test_an_estimator_like_one_before_is_that_one():
    coverage = Coverage(10)
    for facts in (DOTS, RINGS, dict(DOTS)):
        coverage.note(slice(0, 5), facts)

    assert coverage.told() == (DOTS,)
    assert len(coverage.facts) == 2


def test_an_estimator_whose_frames_were_all_measured_again_is_not_told():
    coverage = Coverage(10)
    for facts in (DOTS, RINGS):
        coverage.note(slice(0, 10), facts)

    assert coverage.told() == (RINGS,)


def test_beside_frames_of_which_nobody_knows_the_one_known_estimator_names_its_own():
    coverage = Coverage(10)
    coverage.note(slice(0, 10), {})
    assert coverage.told() == ()

    coverage.note(slice(4, 6), DOTS)
    assert coverage.told() == ({**DOTS, "frame_ranges": "4-5"},)


@pytest.mark.parametrize(
    ("frames", "text"), [([], ""), ([4], "4"), ([4, 5], "4-5"), ([0, 2, 4, 5, 6], "0, 2, 4-6"), ([7, 9], "7, 9")]
)
def test_frames_in_words(frames: list[int], text: str):
    assert frames_text(np.isin(np.arange(10), frames)) == text


@pytest.mark.parametrize("origin", [UNKNOWN - 1, 1])
def test_an_origin_that_is_not_described_is_refused(origin: int):
    coverage = Coverage(10)
    coverage.note(slice(0, 10), DOTS)
    coverage.of_frame[3] = origin

    with pytest.raises(ValueError, match="1 are described"):
        coverage.check()


def test_what_was_asked_for_and_not_looked_at_makes_it_incomplete():
    coverage = Coverage(10)
    coverage.want(range(2, 8))
    coverage.note(slice(2, 5), DOTS)

    assert not coverage.is_complete
    coverage.want(range(5, 8))  # asked for again: the rest
    coverage.note(slice(5, 8), DOTS)
    assert coverage.is_complete
    assert coverage.undecoded == 0


def test_frames_that_an_analysis_went_through_without_results_are_broken():
    coverage = Coverage(10)
    coverage.want(range(10))
    coverage.note(np.array([0, 1, 2, 5, 6, 7, 8, 9]), DOTS)
    coverage.finish(range(10))

    assert coverage.is_complete
    assert coverage.undecoded == 2
    assert np.flatnonzero(coverage.broken).tolist() == [3, 4]
    coverage.want(range(3, 4))  # perhaps the file was repaired
    assert not coverage.is_complete
    coverage.note(slice(3, 4), DOTS)
    assert coverage.undecoded == 1


def test_of_nothing_asked_for_everything_is_done():
    assert Coverage(3).is_complete
