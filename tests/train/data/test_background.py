import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from poseglass_models.skeleton import LSP_14
from poseglass_train.data.background import TO_LEARN, TO_SEARCH, empty_pictures, read_background, read_nobody
from poseglass_train.data.labelled import LabelledImages, Picture, without_boxes
from poseglass_train.data.pack import make_pack
from poseglass_train.data.sets import LabelledSet
from poseglass_train.errors import DatasetError

WIDTH, HEIGHT = 300, 200
SEEN = [200, 0, 299, 199, 0.9]  # by a detector, at the right
LABELLED = (20, 100)  # x of the labelled person, at the left


def write_pictures(folder: Path, boxes: dict[str, list[list[float]]]) -> LabelledImages:
    """Write pictures and the boxes in them; in each picture the same person is labelled."""
    (folder / "images").mkdir()
    for number, name in enumerate(boxes):
        cv2.imwrite(str(folder / name), np.full((HEIGHT, WIDTH, 3), number, np.uint8))
    (folder / "person_boxes.json").write_text(json.dumps(boxes))
    xy_NK2 = np.full((len(boxes), len(LSP_14), 2), np.nan, dtype=np.float32)
    xy_NK2[:, 0], xy_NK2[:, 1] = (LABELLED[0], 0), (LABELLED[1], HEIGHT)
    return without_boxes(tuple(folder / name for name in boxes), xy_NK2, LSP_14)


def test_squares_have_nobody_in_them_and_lie_in_the_picture(tmp_path: Path) -> None:
    labelled = write_pictures(tmp_path, {f"images/{i}.png": [SEEN] for i in range(40)})

    background = read_background(tmp_path, labelled)

    assert 10 < len(background) < 40  # where a throw hit nobody
    x0, y0, x1, y1 = background.box_N4.T
    assert (x0 > LABELLED[1]).all()
    assert (x1 < SEEN[0]).all()
    over = (1 - TO_LEARN.inside) / 2 * (x1 - x0) + 1e-3
    assert (y0 >= -over).all()
    assert (y1 <= HEIGHT + over).all()
    assert np.isinf(background.xy_NK2).all()
    assert len(np.unique(x0)) == len(background)
    np.testing.assert_array_equal(read_background(tmp_path, labelled).box_N4, background.box_N4)


def test_squares_to_search_lie_whole_in_the_picture_and_are_large(tmp_path: Path) -> None:
    labelled = write_pictures(tmp_path, {f"images/{i}.png": [[220, 0, 299, 199, 0.9]] for i in range(40)})

    background = read_background(tmp_path, labelled, squares=TO_SEARCH)

    assert len(background) > 5
    x0, y0, x1, y1 = background.box_N4.T
    assert (x1 - x0 >= 0.45 * HEIGHT).all()
    assert (y0 >= 0).all()
    assert (y1 <= HEIGHT).all()


def test_a_picture_without_boxes_or_without_room_gives_no_square(tmp_path: Path) -> None:
    everywhere = [[0.0, 0.0, WIDTH, HEIGHT, 0.5]]
    labelled = write_pictures(tmp_path, {"images/full.png": everywhere, "images/nobody_seen.png": []})

    assert len(read_background(tmp_path, labelled)) == 0


def test_a_frame_of_a_video_is_not_taken_for_another(tmp_path: Path) -> None:
    labelled = write_pictures(tmp_path, {"images/a.png": [SEEN]})
    frame = LabelledImages((Picture(tmp_path / "images/a.png", 3),), labelled.xy_NK2, labelled.box_N4, LSP_14)

    assert len(read_background(tmp_path, labelled, frame)) == 1


def test_squares_are_packed_with_nothing_to_find(tmp_path: Path) -> None:
    background = read_background(tmp_path, write_pictures(tmp_path, {"images/a.png": [SEEN]}))

    packed = make_pack({"background": LabelledSet(background, background.part(slice(0, 0)))}, canvas=64)

    assert len(packed) == 1
    assert np.isinf(packed.xy_NK2).all()
    assert packed.side_N[0] > 0


def test_a_folder_without_pictures_of_nobody_is_named(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()

    with pytest.raises(DatasetError, match=rf"{tmp_path}: looked for images/"):
        read_nobody(tmp_path, LSP_14)


def test_scenes_that_scores_are_for_are_not_learned(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for number in range(14):
        noise = np.random.default_rng(number).integers(0, 256, (120, 160, 3), np.uint8)
        cv2.imwrite(str(images / f"{number}.png"), noise)

    learned = {picture.path for picture in read_nobody(tmp_path, LSP_14).pictures}

    assert learned
    for side in ("check", "test"):
        kept = {picture.path for picture in empty_pictures(tmp_path, side)}
        assert kept
        assert not kept & learned


def test_what_is_no_picture_of_nobody_is_named(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "notes.txt").write_text("no picture")

    with pytest.raises(DatasetError, match=r"notes\.txt"):
        read_nobody(tmp_path, LSP_14)


@pytest.mark.parametrize("content", ["[]", "{", '{"images/a.png": [[1, 2]]}', '{"images/a.png": [["a", 1, 2, 3, 4]]}'])
def test_a_file_that_holds_no_boxes_is_named(content: str, tmp_path: Path) -> None:
    labelled = write_pictures(tmp_path, {"images/a.png": [SEEN]})
    (tmp_path / "person_boxes.json").write_text(content)

    with pytest.raises(DatasetError, match=r"person_boxes\.json: looked for boxes"):
        read_background(tmp_path, labelled)
