import numpy as np

from poseglass.core.store.correction_list import Correction, Said, corrections, touched
from poseglass.core.store.corrections import Mark
from poseglass.types import Poses
from sessions import analysed


def test_every_kind_of_correction_is_listed_by_frame():
    document = analysed(100, people=2)
    document.move("1", 20, 3, (5.0, 6.0))
    document.mark("1", 20, 3, Mark.OCCLUDED)
    document.mark("2", 10, 0, Mark.MISSING)
    document.swap_sides("1", range(40, 50))
    document.remove("2", range(90, 100))
    document.swap_people("1", "2", range(60, 61))

    assert corrections(document.tracks) == [
        Correction("2", range(10, 11), 0, Said.MISSING),
        Correction("1", range(20, 21), 3, Said.PLACED_OCCLUDED),
        Correction("1", range(40, 50), None, Said.SIDES),
        Correction("1", range(60, 61), None, Said.OTHERS),
        Correction("2", range(60, 61), None, Said.OTHERS),
        Correction("2", range(90, 100), None, Said.REMOVED),
    ]
    assert np.flatnonzero(touched(document.tracks)).tolist() == [10, 20, *range(40, 50), 60, *range(90, 100)]


def test_what_was_accepted_is_told_from_what_was_placed_until_it_is_measured_anew():
    document = analysed(100)
    document.mark("1", 20, 3, Mark.PLACED)
    document.mark("1", 21, 3, Mark.PLACED)
    document.mark("1", 21, 3, Mark.OCCLUDED)
    document.move("1", 22, 3, (5.0, 6.0))
    said = [correction.said for correction in corrections(document.tracks)]
    assert said == [Said.ACCEPTED, Said.ACCEPTED_OCCLUDED, Said.PLACED]
    raw = document.tracks.raw("1", range(20, 21))

    document.put(20, Poses(raw.xy + 1, raw.score, raw.covariance), ["1"])
    assert corrections(document.tracks)[0].said is Said.PLACED


def test_undo_leaves_nothing_to_list():
    document = analysed(30)
    document.move("1", 5, 0, (1.0, 1.0))
    document.undo()

    assert corrections(document.tracks) == []
    assert not touched(document.tracks).any()
