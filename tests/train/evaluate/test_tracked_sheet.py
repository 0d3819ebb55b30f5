from pathlib import Path

import cv2
import numpy as np
import pytest

from made_clips import body_row, make_clip, write_clip
from poseglass_train.errors import DatasetError
from poseglass_train.evaluate.tracked_sheet import TILE_WIDTH, colour_of, grid, write_sheets


def test_a_grid_is_filled_row_by_row() -> None:
    tiles = [np.full((2, 3, 3), value, dtype=np.uint8) for value in (1, 2, 3)]
    whole = grid(tiles, 2)

    assert whole.shape == (4, 6, 3)
    assert [int(whole[y, x, 0]) for y in (0, 3) for x in (0, 5)] == [1, 2, 3, 0]


def test_sheets_show_every_frame_with_each_id_in_its_colour(tmp_path: Path) -> None:
    write_clip(make_clip(tmp_path / "a.mp4", {0: np.tile((20.0, 60.0), (23, 1))}))
    table = [body_row(t, "7" if t < 20 else "8", (20, 60)) for t in range(23)]
    sheets = write_sheets(tmp_path / "a.mp4", table, tmp_path / "out")

    assert [path.name for path in sheets] == ["a_1.jpg", "a_2.jpg"]
    first, second = (cv2.imread(str(path))[..., ::-1].astype(int) for path in sheets)
    assert first.shape == (5 * 360, 4 * TILE_WIDTH, 3)
    assert second.shape == (360, 4 * TILE_WIDTH, 3)
    for sheet, track, other in ((first, "7", "8"), (second, "8", "7")):
        assert (np.abs(sheet - colour_of(track)).max(axis=-1) < 40).sum() > 100
        assert (np.abs(sheet - colour_of(other)).max(axis=-1) < 40).sum() < 20


def test_the_first_ten_ids_are_easy_to_tell_apart() -> None:
    colours = np.array([colour_of(str(number)) for number in range(1, 11)], dtype=float)
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=-1) + 999 * np.eye(10)

    assert apart.min() > 60
    assert colour_of("left one") == colour_of("left one") != colour_of("right one")


def test_chosen_frames_and_frames_with_nobody(tmp_path: Path) -> None:
    write_clip(make_clip(tmp_path / "a.mp4", {0: np.tile((20.0, 60.0), (9, 1))}))
    (sheet,) = write_sheets(tmp_path / "a.mp4", [], tmp_path, [0, 8])

    assert cv2.imread(str(sheet)).shape == (360, 4 * TILE_WIDTH, 3)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")

    with pytest.raises(DatasetError, match=r"not a video"):
        write_sheets(tmp_path / "a.mp4", [], tmp_path)
