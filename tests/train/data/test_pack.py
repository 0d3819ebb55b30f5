"""From labelled pictures to the uint8 array that is trained from, in memory and through files."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseglass_models.crop import PADDING
from poseglass_models.skeleton import COCO_17, LSP_14, MPII_16, PERSON_19, Skeleton
from poseglass_train.data.labelled import BOX_PADDING, LabelledImages, without_boxes
from poseglass_train.data.pack import CANVAS, HEADER_BYTES, MARGIN, make_pack, read_pack, write_pack
from poseglass_train.data.people import People, unpack
from poseglass_train.data.sets import LabelledSet
from poseglass_train.errors import DatasetError

HANDS = Skeleton(("left_hand", "right_hand", "nose"), (("left_hand", "nose"),))
GONE = (np.nan, np.nan)


def labelled(
    folder: Path, images: list[NDArray[np.uint8]], xy_NK2: list[list[tuple[float, float]]], skeleton: Skeleton = HANDS
) -> LabelledImages:
    """Write images without loss and label them."""
    folder.mkdir(exist_ok=True)
    paths = tuple(folder / f"{number}.png" for number in range(len(images)))
    for path, image in zip(paths, images, strict=True):
        cv2.imwrite(str(path), image)
    return without_boxes(paths, np.array(xy_NK2, dtype=np.float32), skeleton)


def all_of(people: LabelledImages) -> dict[str, LabelledSet]:
    return {"made up": LabelledSet(people, people.part(slice(0, 0)))}


def unpacked(people: LabelledImages) -> People:
    return unpack(make_pack(all_of(people)))[0]


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def dot(height: int, width: int, x: float, y: float, deviation: float) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:height, :width]
    light = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * deviation**2))
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def middle_of_light(image: torch.Tensor) -> list[float]:
    light = image[..., 0].double()
    rows, columns = torch.meshgrid(torch.arange(CANVAS), torch.arange(CANVAS), indexing="ij")
    return [float((light * columns).sum() / light.sum()), float((light * rows).sum() / light.sum())]


@pytest.mark.parametrize(("height", "width"), [(80, 100), (81, 100), (75, 99)])
def test_a_small_picture_lies_unchanged_in_the_middle(tmp_path: Path, height: int, width: int) -> None:
    image = noise(height, width)
    people = unpacked(labelled(tmp_path, [image], [[(0, 0), (20, 30), (7, 9)]]))

    x, y = (round(float(place)) for place in people.xy_NK2[0, 0])
    assert abs(x - (CANVAS - width) / 2) <= 0.5
    assert abs(y - (CANVAS - height) / 2) <= 0.5
    assert people.image_NHW3.dtype == torch.uint8
    canvas = people.image_NHW3[0].numpy()
    assert (canvas[y : y + height, x : x + width] == image[..., ::-1]).all()
    assert canvas.sum() == image.sum()


@pytest.mark.parametrize(("height", "width"), [(80, 100), (300, 400), (700, 333), (255, 257)])
@pytest.mark.parametrize("extent", [0.1, 0.9])
def test_keypoints_stay_on_their_pixels(tmp_path: Path, height: int, width: int, extent: float) -> None:
    x, y = 0.6 * width + 0.3, 0.4 * height
    image = dot(height, width, x, y, max(height, width) / 40)
    far = (x + extent * 0.4 * width, y + extent * 0.5 * height)
    people = unpacked(labelled(tmp_path, [image], [[(x, y), far, GONE]]))

    assert middle_of_light(people.image_NHW3[0]) == pytest.approx(people.xy_NK2[0, 0].tolist(), abs=0.06)
    assert people.xy_NK2[0, 2].isnan().all()


def test_keypoints_beyond_the_picture_are_packed_as_such(tmp_path: Path) -> None:
    beyond = (np.inf, np.inf)
    people = unpacked(labelled(tmp_path, [noise(700, 900)], [[(300, 200), (420, 360), beyond]]))

    assert people.xy_NK2[0].isinf().tolist() == [[False, False], [False, False], [True, True]]
    assert people.side_N[0].item() == pytest.approx(CANVAS / MARGIN)  # the square of the other two, shrunk


def test_of_a_large_picture_the_person_is_kept_with_room_around(tmp_path: Path) -> None:
    """A person of 800 px: square 1040, kept 1664 on a side, shrunk to the canvas."""
    people = unpacked(labelled(tmp_path, [noise(2000, 3000)], [[(1000, 600), (1400, 1400), GONE]]))

    shrunk = CANVAS / (800 * PADDING * MARGIN)
    assert people.side_N[0].item() == pytest.approx(800 * PADDING * shrunk)
    assert people.center_N2[0].tolist() == pytest.approx([(CANVAS - 1) / 2] * 2)
    moved = (people.xy_NK2[0, 1] - people.xy_NK2[0, 0]).tolist()
    assert moved == pytest.approx([400 * shrunk, 800 * shrunk], rel=1e-5)


def test_a_small_person_in_a_large_picture_is_not_shrunk(tmp_path: Path) -> None:
    image = np.repeat(noise(900, 900)[..., :1], 3, axis=2)  # JPEG keeps less of colours
    people = unpacked(labelled(tmp_path, [image], [[(700, 200), (740, 260), GONE]]))

    x, y = (round(float(place)) for place in people.xy_NK2[0, 0])
    kept = people.image_NHW3[0, y - 20 : y + 80, x - 20 : x + 60].numpy().astype(float)
    away = np.abs(kept - image[180:280, 680:760, ::-1])
    assert away.mean() < 12  # it was encoded again; a shift by one pixel would give 85
    assert people.side_N[0].item() == pytest.approx(60 * PADDING)


def test_the_square_is_the_poses_own_padded(tmp_path: Path) -> None:
    people = unpacked(labelled(tmp_path, [noise(100, 100)], [[(20, 30), (60, 50), GONE]]))

    moved = (CANVAS - 100) / 2
    assert people.center_N2[0].tolist() == pytest.approx([40 + moved, 40 + moved])
    assert people.side_N[0].item() == pytest.approx(40 * PADDING)


def test_the_square_is_the_boxs_where_there_is_one(tmp_path: Path) -> None:
    people = labelled(tmp_path, [noise(100, 100)], [[(20, 30), (60, 50), GONE]])
    people.box_N4[0] = (10, 10, 70, 90)
    moved = (CANVAS - 100) / 2
    boxed = unpacked(people)

    assert boxed.center_N2[0].tolist() == pytest.approx([40 + moved, 50 + moved])
    assert boxed.side_N[0].item() == pytest.approx(80 * BOX_PADDING)


def test_people_without_a_size_are_left_out(tmp_path: Path) -> None:
    images = [noise(40, 40) // 4, noise(40, 40) // 2, noise(40, 40)]
    people = unpacked(labelled(tmp_path, images, [[(1, 1), GONE, GONE], [(1, 1), (9, 9), GONE], [GONE, GONE, GONE]]))

    assert len(people) == 1
    assert (people.image_NHW3[0, 108:148, 108:148].numpy() == images[1][..., ::-1]).all()


def two_sets(folder: Path) -> dict[str, LabelledSet]:
    """Return sets "a" and "b" of 5 people each, one of them held out; each picture is of one grey of its own."""
    sets = {}
    for name, value in (("a", 50), ("b", 90)):
        images = [np.full((CANVAS, CANVAS, 3), value + i, dtype=np.uint8) for i in range(5)]
        people = labelled(folder / name, images, [[(1, 1), (9, value + i), (2, 2)] for i in range(5)])
        sets[name] = LabelledSet(people.part(slice(0, 4)), people.part(slice(4, None)))
    return sets


def test_sets_are_told_apart_and_what_is_held_out_stays_so(tmp_path: Path) -> None:
    people, held_out = unpack(make_pack(two_sets(tmp_path)))

    assert people.image_NHW3[:, 0, 0, 0].tolist() == [50, 51, 52, 53, 90, 91, 92, 93]
    assert held_out.image_NHW3[:, 0, 0, 0].tolist() == [54, 94]
    assert people.xy_NK2[:, 1, 1].tolist() == people.image_NHW3[:, 0, 0, 0].tolist()
    assert people.of("b").image_NHW3[:, 0, 0, 0].tolist() == [90, 91, 92, 93]
    assert (people.sets, people.skeleton) == (("a", "b"), HANDS)


@pytest.mark.parametrize("parts", [1, 3])
def test_a_pack_comes_back_from_its_files_whole(tmp_path: Path, parts: int) -> None:
    whole = make_pack(two_sets(tmp_path))
    size = sum(map(len, whole.encoded))
    paths = write_pack(whole, tmp_path / "new" / "all.pack", 10 * size if parts == 1 else size // 3 + HEADER_BYTES)
    back = read_pack(paths[::-1])
    expected = ["all.pack"] if parts == 1 else [f"all-{i}of{len(paths)}.pack" for i in range(1, len(paths) + 1)]
    assert len(paths) >= parts
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == expected
    order = np.lexsort((back.held_out_N, back.set_N, [encoded[:200] for encoded in back.encoded]))
    same = np.lexsort((whole.held_out_N, whole.set_N, [encoded[:200] for encoded in whole.encoded]))
    assert [back.encoded[i] for i in order] == [whole.encoded[i] for i in same]
    for ours, theirs in ((back.xy_NK2, whole.xy_NK2), (back.side_N, whole.side_N), (back.center_N2, whole.center_N2)):
        np.testing.assert_array_equal(ours[order], theirs[same])
    np.testing.assert_array_equal(back.held_out_N[order], whole.held_out_N[same])
    assert (back.sets, back.skeleton) == (whole.sets, whole.skeleton)


def test_no_part_is_larger_than_asked_and_each_has_of_every_set(tmp_path: Path) -> None:
    sets = {}
    for name in ("a", "b"):
        images = [noise(40 + 200 * (i % 3 == 0), 60 + 15 * i) for i in range(12)]  # every third is much larger
        people = labelled(tmp_path / name, images, [[(1, 1), (9, 9), (2, 2)]] * 12)
        sets[name] = LabelledSet(people, people.part(slice(0, 0)))
    limit = 500_000
    paths = write_pack(make_pack(sets), tmp_path / "all.pack", limit)

    assert len(paths) > 2
    for path in paths:
        assert path.stat().st_size <= limit
    assert len(read_pack(paths)) == 24


@pytest.mark.parametrize(
    ("given", "told"), [((0, 2), "part 2 of 3 is not given"), ((0, 1, 1, 2), "part 2 is given twice")]
)
def test_a_pack_is_read_whole_or_not_at_all(tmp_path: Path, given: tuple[int, ...], told: str) -> None:
    people = labelled(tmp_path, [noise(60, 60)] * 6, [[(1, 1), (9, 9), (2, 2)]] * 6)
    paths = write_pack(make_pack(all_of(people)), tmp_path / "all.pack", 25_000 + HEADER_BYTES)

    assert len(paths) == 3
    with pytest.raises(DatasetError, match=told):
        read_pack([paths[i] for i in given])


def test_others_may_read_a_pack(tmp_path: Path) -> None:
    (path,) = write_pack(make_pack(two_sets(tmp_path)), tmp_path / "all.pack", 10**9)
    (tmp_path / "plain").touch()

    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_larger_canvas_keeps_larger_people_as_they_are(tmp_path: Path) -> None:
    people = labelled(tmp_path, [noise(1000, 1000)], [[(400, 400), (550, 550), GONE]])
    sides = [float(unpack(make_pack(all_of(people), canvas))[0].side_N[0]) for canvas in (256, 400)]

    assert sides == pytest.approx([256 / MARGIN, 150 * PADDING])


def test_people_of_no_size_are_left_out_and_nobody_is_refused(tmp_path: Path) -> None:
    people = labelled(tmp_path, [noise(40, 40)] * 3, [[(5, 5), (5, 5), GONE], [(5, 5), (9, 9), GONE], [GONE] * 3])
    people.box_N4[0] = (7, 7, 7, 7)

    assert len(unpacked(people)) == 1
    with pytest.raises(DatasetError, match="made up: nobody to train on"):
        make_pack(all_of(people.part(slice(0, 1))))


def test_parts_of_different_packs_are_refused(tmp_path: Path) -> None:
    sets = two_sets(tmp_path)
    one, *_ = write_pack(make_pack(sets), tmp_path / "one.pack", 3_000 + HEADER_BYTES)
    _, other, *_ = write_pack(make_pack({"b": sets["b"]}), tmp_path / "other.pack", 3_000 + HEADER_BYTES)

    with pytest.raises(DatasetError, match=r"other-2of\d\.pack: not a part of the same pack as .*one-1of\d\.pack"):
        read_pack([one, other])


@pytest.mark.parametrize("content", [b"", b"no pack at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_what_is_no_pack_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pack").write_bytes(content)

    with pytest.raises(DatasetError, match=r"x\.pack: not a pack"):
        read_pack([tmp_path / "x.pack"])


def people_of(folder: Path, skeleton: Skeleton, count: int = 2) -> LabelledSet:
    """Return people each of whose keypoints lies elsewhere, the last of them held out."""
    xy = [[(10.0 + 3 * k, 20.0 + 2 * k + i) for k in range(len(skeleton))] for i in range(count)]
    people = labelled(folder, [noise(90, 90)] * count, xy, skeleton)
    return LabelledSet(people.part(slice(0, -1)), people.part(slice(-1, None)))


def test_sets_that_label_some_of_a_persons_keypoints_are_packed_with_all_of_them(tmp_path: Path) -> None:
    """By name, held-out people too; what a set does not label, nobody knows."""
    sets = {"lsp": people_of(tmp_path / "lsp", LSP_14), "coco": people_of(tmp_path / "coco", COCO_17)}
    together = make_pack(sets)
    alone = {name: make_pack({name: each}) for name, each in sets.items()}

    assert together.skeleton is PERSON_19
    for number, (name, apart) in enumerate(alone.items()):
        ours = together.xy_NK2[together.set_N == number]
        assert len(ours) == 2
        for place, keypoint in enumerate(PERSON_19.names):
            if keypoint in apart.skeleton.names:
                np.testing.assert_array_equal(ours[:, place], apart.xy_NK2[:, apart.skeleton.index(keypoint)], name)
            else:
                assert np.isnan(ours[:, place]).all()
    np.testing.assert_array_equal(together.held_out_N, [False, True, False, True])


@pytest.mark.parametrize("skeleton", [LSP_14, COCO_17, MPII_16, HANDS])
def test_sets_of_one_skeleton_keep_it(skeleton: Skeleton, tmp_path: Path) -> None:
    sets = {name: people_of(tmp_path / name, skeleton) for name in ("one", "other")}

    assert make_pack(sets).skeleton is skeleton
    assert make_pack({"one": sets["one"]}).skeleton is skeleton


@pytest.mark.parametrize(("skeleton", "told"), [(MPII_16, "pelvis, thorax"), (HANDS, "left_hand, right_hand")])
def test_a_set_with_keypoints_that_a_person_lacks_is_not_mixed_with_others(
    skeleton: Skeleton, told: str, tmp_path: Path
) -> None:
    sets = {"lsp": people_of(tmp_path / "lsp", LSP_14), "odd": people_of(tmp_path / "odd", skeleton)}

    with pytest.raises(DatasetError, match=rf"^odd cannot be mixed with other data sets: only it has {told}"):
        make_pack(sets)


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = labelled(tmp_path, [noise(9, 9), noise(9, 9)], [[(1, 1), (2, 2), (3, 3)]] * 2)
    broken.pictures[1].path.write_bytes(b"no picture")

    with pytest.raises(DatasetError, match=r"1\.png: not a picture"):
        make_pack(all_of(broken))
