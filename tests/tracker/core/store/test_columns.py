import numpy as np

from poseglass.core.store.columns import measured
from sessions import analysed


def test_columns_are_those_of_the_raw_track_through_swaps_and_removals():
    document = analysed(120, people=2)
    document.swap_people("1", "2", range(30, 60))
    document.swap_sides("1", range(50, 90))
    document.remove("1", range(100, 105))
    for person in document.tracks.people:
        raw = document.tracks.raw(person, range(10, 110))
        xy, score = measured(document.tracks, person, range(10, 110), [4, 0, 2])

        np.testing.assert_array_equal(xy, raw.xy[:, [4, 0, 2]])
        np.testing.assert_array_equal(score, raw.score[:, [4, 0, 2]])


def test_corrected_positions_are_not_measured():
    document = analysed(10)
    before = measured(document.tracks, "1", range(10), [1])[0]
    document.move("1", 5, 1, (1.0, 2.0))

    np.testing.assert_array_equal(measured(document.tracks, "1", range(10), [1])[0], before)
