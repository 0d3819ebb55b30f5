import json
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from poseglass_models.skeleton import COCO_17, LSP_14, PERSON_19
from poseglass_train.data.background import EACH
from poseglass_train.data.jhmdb import JHMDB_15, as_images, read_jhmdb
from poseglass_train.data.labelled import read_image, without_boxes
from poseglass_train.data.pack import make_pack
from poseglass_train.data.pseudo_labels import MAX_SPREAD, MIN_SCORE, read_photographs
from poseglass_train.data.sets import HELD_OUT, HELD_OUT_SHARE, SETS, is_held_out, own_set, read_set
from poseglass_train.errors import DatasetError


def test_the_last_200_of_lsps_training_images_are_held_out(tiny_data: Path) -> None:
    lsp = read_set("lsp", tiny_data)

    assert HELD_OUT == len(lsp.held_out) == 200
    assert len(lsp.train) == 16
    assert not {p.path for p in lsp.train.pictures} & {p.path for p in lsp.held_out.pictures}
    assert len(read_set("lspet", tiny_data).train) == 16


@pytest.mark.parametrize("name", SETS)
def test_missing_data_is_named(name: str, tmp_path: Path) -> None:
    folder = "jhmdb" if name == "background" else name.partition("-")[0]
    with pytest.raises(DatasetError, match=str(tmp_path / folder)):
        read_set(name, tmp_path)


def test_a_set_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no data set 'mpi'; there are lsp, "):
        read_set("mpi", tmp_path)


def test_a_twentieth_is_held_out_by_name() -> None:
    held_out = [is_held_out(f"{i}.jpg") for i in range(4000)]

    assert np.mean(held_out) == pytest.approx(HELD_OUT_SHARE, abs=0.01)
    assert held_out == [is_held_out(f"{i}.jpg") for i in range(4000)]


def write_people(folder: Path, count: int) -> None:
    (folder / "images").mkdir(parents=True)
    people = []
    for i in range(count):
        cv2.imwrite(str(folder / "images" / f"{i}.png"), np.full((60, 50, 3), i % 256, np.uint8))
        sure = [[10 + k, 20 + k, MIN_SCORE + 0.1, MAX_SPREAD - 0.05] for k in range(17)]
        sure[3][2], sure[4][3] = MIN_SCORE - 0.01, MAX_SPREAD + 0.01
        people.append({"file": f"{i}.png", "label": "pseudo", "box": [1, 2, 30, 50], "keypoints": sure})
    people[0].update(label="human", keypoints=[[5, 6, 2], [7, 8, 0], *[[1, 1, 1]] * 15])
    (folder / "people.json").write_text(json.dumps({"keypoint_names": COCO_17.names, "people": people}))


def test_people_are_read_with_what_their_labeller_was_sure_of(tmp_path: Path) -> None:
    write_people(tmp_path, 2)
    people = read_photographs(tmp_path)

    np.testing.assert_array_equal(people.xy_NK2[0, :3], [[5, 6], [np.nan, np.nan], [1, 1]])
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(people.xy_NK2[1, :, 0])), [3, 4])
    np.testing.assert_array_equal(people.xy_NK2[1, 5], [15, 25])
    np.testing.assert_array_equal(people.box_N4, [[1, 2, 30, 50]] * 2)
    assert people.skeleton is COCO_17


def test_people_keep_cocos_keypoints(tmp_path: Path) -> None:
    write_people(tmp_path / "people", 60)
    people = read_set("people", tmp_path)

    assert len(people.train) + len(people.held_out) == 60
    for half in (people.train, people.held_out):
        assert half.skeleton is COCO_17
        np.testing.assert_array_equal(half.xy_NK2[-1, COCO_17.index("right_ear")], [np.nan, np.nan])
        place = COCO_17.index("left_wrist")
        np.testing.assert_array_equal(half.xy_NK2[-1, place], [10 + place, 20 + place])


def test_people_and_lsp_are_packed_with_the_keypoints_of_both(tiny_data: Path, tmp_path: Path) -> None:
    write_people(tmp_path / "people", 60)
    both = make_pack({"lsp": read_set("lsp", tiny_data), "people": read_set("people", tmp_path)}, canvas=64)

    assert both.skeleton is PERSON_19
    known_NK = np.isfinite(both.xy_NK2).all(axis=-1)
    for number, skeleton in enumerate((LSP_14, COCO_17)):
        known = known_NK[both.set_N == number].any(axis=0)
        assert {PERSON_19.names[place] for place in np.flatnonzero(known)} == set(skeleton.names)


def test_lspet_corrected_has_the_second_opinions_face(tiny_data: Path, tmp_path: Path) -> None:
    """LSPET labels no face, so that of the network is added where it is sure of it; the neck stays LSPET's."""
    shutil.copytree(tiny_data / "lspet", tmp_path / "lspet")
    plain = read_set("lspet", tmp_path).train
    count = len(plain)
    theirs = plain.on(COCO_17).xy_NK2.astype(np.float64)
    face = [COCO_17.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
    theirs[:, face] = 7 + np.arange(5)[:, None]
    spread = np.full((count, 17), MAX_SPREAD - 0.05)
    spread[:, COCO_17.index("left_ear")] = MAX_SPREAD + 0.05
    sure = np.full((count, 17), MIN_SCORE + 0.1)
    np.savez(tmp_path / "lspet" / "second_opinion.npz", keypoints=theirs, score=sure, spread=spread)
    corrected = read_set("lspet-corrected", tmp_path)

    assert len(corrected.held_out) == 0
    assert corrected.train.skeleton is PERSON_19
    xy = {name: corrected.train.xy_NK2[:, place] for place, name in enumerate(PERSON_19.names)}
    for value, name in ((7, "nose"), (8, "left_eye"), (9, "right_eye"), (11, "right_ear")):
        np.testing.assert_array_equal(xy[name], np.full((count, 2), value))
    assert np.isnan(xy["left_ear"]).all()
    for name in LSP_14.names:
        np.testing.assert_array_equal(xy[name], plain.xy_NK2[:, LSP_14.index(name)])


def write_nobody(folder: Path, count: int) -> None:
    (folder / "images").mkdir(parents=True)
    for number in range(count):
        cv2.imwrite(str(folder / "images" / f"{number}.png"), np.full((90, 120, 3), number % 256, np.uint8))


def test_where_nobody_is_all_keypoints_lie_beyond_the_squares(tmp_path: Path) -> None:
    write_nobody(tmp_path / "nobody", 40)
    nobody = read_set("nobody", tmp_path)

    assert nobody.train.skeleton is PERSON_19
    assert np.isinf(nobody.train.xy_NK2).all()
    assert np.isfinite(nobody.train.box_N4).all()
    assert len(nobody.train) > 40
    assert not len(nobody.held_out)
    again = read_set("nobody", tmp_path)
    np.testing.assert_array_equal(again.train.box_N4, nobody.train.box_N4)


def test_squares_of_one_picture_without_anybody_differ(tmp_path: Path) -> None:
    write_nobody(tmp_path / "nobody", 60)
    nobody = read_set("nobody", tmp_path)

    assert max(Counter(nobody.train.pictures).values()) == EACH
    assert len(np.unique(nobody.train.box_N4, axis=0)) == len(nobody.train)


def test_nobody_is_packed_and_trained_with_everybody(tiny_data: Path, tmp_path: Path) -> None:
    write_nobody(tmp_path / "nobody", 4)
    packed = make_pack({"lsp": read_set("lsp", tiny_data), "nobody": read_set("nobody", tmp_path)}, canvas=64)

    assert packed.skeleton is PERSON_19
    beyond_NK = np.isinf(packed.xy_NK2).all(axis=-1)
    assert beyond_NK[packed.set_N == 1].all()
    assert not beyond_NK[packed.set_N == 0].any()


def write_jhmdb(folder: Path, clips: int, frames: int = 7) -> NDArray[np.float64]:
    """Write the training half: grey clips whose frames get lighter; returns the joints of the first."""
    (folder / "videos").mkdir(parents=True)
    index, joints, boxes = [], {}, {}
    dice = np.random.default_rng(0)
    for i in range(clips):
        name = f"train_jump_{i:03}.avi"
        writer = cv2.VideoWriter(str(folder / "videos" / name), cv2.VideoWriter_fourcc(*"MJPG"), 30, (320, 240))
        for t in range(frames):
            writer.write(np.full((240, 320, 3), 20 * t + 10, np.uint8))
        writer.release()
        index.append(
            {"file": name, "clip": f"jump/film{i // 2}_jump_{'uf'[i % 2]}_cm_np1_fr_med_{i % 2}", "frames": frames}
        )
        joints[name] = dice.uniform(5, 200, (frames, 15, 2))
        boxes[name] = np.tile([5.0, 5.0, 210.0, 220.0], (frames, 1))
        boxes[name][3:4] = np.nan
    joints["train_jump_000.avi"][0, 2] = (330, 50)
    joints["train_jump_000.avi"][0, 3] = (50, -40)
    joints["train_jump_000.avi"][0, 4] = (50, -1)
    (folder / "index_train.json").write_text(json.dumps({"joints": JHMDB_15.names, "clips": index}))
    np.savez(folder / "joints_train.npz", **joints)  # type: ignore[arg-type]
    np.savez(folder / "boxes_train.npz", **boxes)  # type: ignore[arg-type]
    first: NDArray[np.float64] = joints["train_jump_000.avi"]
    return first


def test_jhmdbs_joints_outside_the_picture_are_known_to_be_beyond_it(tmp_path: Path) -> None:
    joints = write_jhmdb(tmp_path, 2)
    clip = read_jhmdb(tmp_path, "train")[0]
    first = as_images([clip], 1).xy_NK2[0]

    np.testing.assert_array_equal(np.argwhere(np.isinf(clip.seen).all(axis=-1)), [[0, 2], [0, 3]])
    np.testing.assert_array_equal(np.argwhere(np.isnan(clip.seen).any(axis=-1)), [[0, 4]])  # a guess so near is none
    np.testing.assert_array_equal(clip.seen[1:], joints[1:])
    np.testing.assert_array_equal(clip.xy_TK2, joints)
    np.testing.assert_array_equal(np.flatnonzero(np.isinf(first).all(axis=-1)), [2, 3])
    assert clip.source == "film0"


def test_jhmdbs_frames_are_taken_by_step_where_the_person_has_a_box(tmp_path: Path) -> None:
    joints = write_jhmdb(tmp_path, 1)
    images = as_images(read_jhmdb(tmp_path, "train"), 3)

    assert [picture.frame for picture in images.pictures] == [0, 6]  # the box of frame 3 is missing
    np.testing.assert_allclose(images.xy_NK2[1], joints[6], rtol=1e-6)
    assert [round(read_image(picture).mean()) for picture in images.pictures] == pytest.approx([10, 130], abs=2)


def test_a_frame_after_the_end_of_its_clip_is_named(tmp_path: Path) -> None:
    write_jhmdb(tmp_path, 1)
    (picture, *_) = as_images(read_jhmdb(tmp_path, "train"), 3).pictures

    with pytest.raises(DatasetError, match=r"train_jump_000\.avi, frame 7: not a picture"):
        read_image(type(picture)(picture.path, 7))


def test_clips_of_one_film_are_all_held_out_or_none(tmp_path: Path) -> None:
    write_jhmdb(tmp_path / "jhmdb", 80, frames=1)
    jhmdb = read_set("jhmdb", tmp_path)
    films = [
        {int(picture.path.stem.rpartition("_")[2]) // 2 for picture in half.pictures}
        for half in (jhmdb.train, jhmdb.held_out)
    ]

    assert len(jhmdb.train) + len(jhmdb.held_out) == 80
    assert films[1]
    assert not films[0] & films[1]


def write_released(folder: Path) -> NDArray[np.float64]:
    """Write one clip of each half as JHMDB is released; returns the joints (2, 15, 4) of the training one."""
    joints = np.random.default_rng(0).uniform(5, 200, (2, 15, 4))
    mask = np.zeros((240, 320, 4), np.uint8)
    mask[10:31, 50:81, :3] = 1
    for kind, name, content in (
        ("joint_positions", "film_run_1", {"pos_img": joints}),
        ("joint_positions", "other_run_1", {"pos_img": joints[..., :3]}),
        ("puppet_mask", "film_run_1", {"part_mask": mask}),
    ):
        (folder / kind / "run" / name).mkdir(parents=True)
        scipy.io.savemat(folder / kind / "run" / name / f"{kind}.mat", content)
    (folder / "ReCompress_Videos" / "run").mkdir(parents=True)
    for name in ("film_run_1", "other_run_1"):
        (folder / "ReCompress_Videos" / "run" / f"{name}.avi").touch()
    (folder / "splits").mkdir()
    (folder / "splits" / "run_test_split1.txt").write_text("film_run_1.avi 1\nother_run_1.avi 2\nunused.avi 0\n")
    return joints


def test_jhmdb_is_read_as_released(tmp_path: Path) -> None:
    joints = write_released(tmp_path)
    (train,), (test,) = read_jhmdb(tmp_path, "train"), read_jhmdb(tmp_path, "test")

    assert train.path == tmp_path / "ReCompress_Videos" / "run" / "film_run_1.avi"
    assert train.source == "film"
    np.testing.assert_allclose(train.xy_TK2, joints.transpose(2, 1, 0) - 1)
    np.testing.assert_array_equal(train.box_T4[:3], [[50, 10, 80, 30]] * 3)
    assert np.isnan(train.box_T4[3]).all()
    assert len(test.xy_TK2) == 3
    assert np.isnan(test.box_T4).all()


def test_a_released_clip_without_its_joints_is_named(tmp_path: Path) -> None:
    write_released(tmp_path)
    (tmp_path / "joint_positions" / "run" / "film_run_1" / "joint_positions.mat").write_bytes(b"no")

    with pytest.raises(DatasetError, match=r"film_run_1.joint_positions\.mat: looked for `pos_img`"):
        read_jhmdb(tmp_path, "train")


def test_missing_clips_are_counted_and_named(tmp_path: Path) -> None:
    write_jhmdb(tmp_path, 3)
    (tmp_path / "videos" / "train_jump_001.avi").unlink()

    with pytest.raises(DatasetError, match=r"1 of 3 clips are missing, the first is .*train_jump_001\.avi"):
        read_jhmdb(tmp_path, "train")


@pytest.mark.parametrize("name", ["x.png", "47.png"])  # by their checksums: to train on, and held out
def test_one_picture_alone_is_trained_on_and_that_none_is_held_out_is_told(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    one = without_boxes((Path(name),), np.zeros((1, 14, 2), np.float32), LSP_14)
    divided_one = own_set(one)

    assert (len(divided_one.train), len(divided_one.held_out)) == (1, 0)
    assert "1 picture, too few to hold any out" in caplog.text


def test_of_many_own_pictures_some_are_held_out_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    many = without_boxes(tuple(Path(f"{i}.png") for i in range(200)), np.zeros((200, 14, 2), np.float32), LSP_14)
    parts = own_set(many)

    assert len(parts.train) + len(parts.held_out) == 200
    assert len(parts.held_out) > 0
    assert not caplog.records
