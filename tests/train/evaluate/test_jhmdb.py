import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.cli import main
from poseglass_train.data.jhmdb import JHMDB_15, Clip
from poseglass_train.evaluate.jhmdb import Poses, read_poses, score, scores_text, unscored
from poseglass_train.evaluate.metrics import LIMBS

Array = NDArray[np.float64]
PLACES = [JHMDB_15.index(name) for name in LIMBS]


def clip(frames: int = 8, speed: float = 0.0) -> Clip:
    """Return a clip of somebody whose torso measures 50 px, moving by so many px a frame; box 100 x 150."""
    xy = np.random.default_rng(0).uniform(100, 150, (15, 2))
    xy[JHMDB_15.index("right_hip")] = (100, 150)
    xy[JHMDB_15.index("left_shoulder")] = (130, 110)
    moved = np.arange(frames)[:, None, None] * np.array([speed, 0.0])
    return Clip(Path("a.avi"), "film", xy + moved, np.tile([50.0, 50.0, 150.0, 200.0], (frames, 1)))


def test_the_labels_themselves_score_100() -> None:
    some = clip(speed=2)
    scores = score([some], [unscored(some.xy_TK2[:, PLACES])])

    assert set(scores.table.values()) == {100.0}
    assert list(scores.table) == ["Sho.", "Elb.", "Wri.", "Hip", "Knee", "Ank.", "Mean"]
    assert (scores.pck_01, scores.pck_box, scores.missing) == (100, 100, 0)
    assert scores.acceleration == pytest.approx(0, abs=1e-9)


def test_errors_are_measured_in_torsos_and_in_boxes() -> None:
    """8 px are within 0.2 of a 50 px torso, 20 px only within 0.2 of the box's 150 px, 40 px in neither."""
    some = clip(3)
    found = some.xy_TK2[:, PLACES].copy()
    found[0] += [8, 0]
    found[1] += [20, 0]
    found[2] += [40, 0]
    scores = score([some], [unscored(found)])

    assert scores.table["Mean"] == pytest.approx(100 / 3)
    assert scores.pck_01 == 0
    assert scores.pck_box == pytest.approx(200 / 3)


def test_frames_without_a_pose_are_wrong_and_joints_outside_the_picture_do_not_count() -> None:
    some = clip(4)
    some.xy_TK2[0, JHMDB_15.index("left_wrist")] = (400, 100)
    found = some.xy_TK2[:, PLACES].copy()
    found[0, LIMBS.index("left_wrist")] = (0, 0)
    found[3] = np.nan
    scores = score([some], [unscored(found)])

    assert scores.missing == 25
    assert scores.table["Mean"] == pytest.approx((11 * 75 + 100 * 2 / 3) / 12)


def test_how_sure_it_is_of_what_is_not_in_the_picture_is_told() -> None:
    some = clip(4)
    for frame, keypoint in ((0, "left_wrist"), (1, "left_ankle"), (2, "left_ankle")):
        some.xy_TK2[frame, JHMDB_15.index(keypoint)] = (100, 400)
    sure = np.full((4, 12), 0.9)
    sure[0, LIMBS.index("left_wrist")] = 0.3
    sure[1:3, LIMBS.index("left_ankle")] = (0.2, np.nan)  # in frame 2 it says that there is none

    assert score([some], [Poses(some.xy_TK2[:, PLACES], sure)]).beyond == pytest.approx(25)
    assert np.isnan(score([some], [unscored(some.xy_TK2[:, PLACES])]).beyond)


def test_acceleration_is_that_of_the_torso() -> None:
    """A keypoint that jumps by 5 px and back every frame has second differences of 10 px: a fifth of the torso."""
    some = clip(20)
    found = some.xy_TK2[:, PLACES] + 2.5 * ((-1) ** np.arange(20))[:, None, None] * np.array([1.0, 0.0])

    assert score([some], [unscored(found)]).acceleration == pytest.approx(100 * 10 / 50)


def test_of_several_people_in_a_frame_the_surest_is_taken() -> None:
    columns = [f"{name}.{axis}" for name in LIMBS for axis in ("x", "y", "x_smooth", "y_smooth", "score")]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["frame_idx", "instance.score", *columns], restval="")
    writer.writeheader()
    for frame, sure, x in ((0, 0.3, 1), (0, 0.8, 2), (0, 0.5, 3), (1, "", "")):
        writer.writerow({"frame_idx": frame, "instance.score": sure, **dict.fromkeys(columns, x)})
    found = read_poses(csv.DictReader(io.StringIO(text.getvalue())), 3)

    assert (found["raw"].xy_TJ2[0] == 2).all()
    assert (found["raw"].score_TJ[0] == 2).all()
    assert (found["smoothed"].xy_TJ2[0] == 2).all()
    assert np.isnan(found["smoothed"].score_TJ).all()
    assert np.isnan(found["raw"].xy_TJ2[1:]).all()


def write_clip(folder: Path) -> Path:
    """Write JHMDB's test half with one clip of noise; return a model of random weights."""
    (folder / "jhmdb" / "videos").mkdir(parents=True)
    dice = np.random.default_rng(0)
    writer = cv2.VideoWriter(
        str(folder / "jhmdb" / "videos" / "x.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 30, (320, 240)
    )  # fmt: skip
    for _ in range(5):
        writer.write(dice.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    writer.release()
    index = {"joints": JHMDB_15.names, "clips": [{"file": "x.avi", "clip": "jump/film_1", "frames": 5}]}
    (folder / "jhmdb" / "index_test.json").write_text(json.dumps(index))
    np.savez(folder / "jhmdb" / "joints_test.npz", **{"x.avi": dice.uniform(50, 200, (5, 15, 2))})
    np.savez(folder / "jhmdb" / "boxes_test.npz", **{"x.avi": np.tile([40.0, 40.0, 210.0, 210.0], (5, 1))})
    config = NetworkConfig(stacks=1, channels=8)
    save(folder / "model", MultiContextNetwork(config), Checkpoint(config, 64, LSP_14))
    return folder / "model.safetensors"


@pytest.mark.parametrize(("boxes", "ways"), [((), {"raw", "smoothed"}), (("--labelled-boxes",), {"box"})])
def test_the_command_scores_the_trackers_own_poses(
    tmp_path: Path, boxes: tuple[str, ...], ways: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_clip(tmp_path)
    options = ["--data", str(tmp_path), "--model", str(model), "--device", "cpu", "--json", str(tmp_path / "out.json")]

    assert main(["evaluate", "jhmdb", *options, *boxes]) == 0
    told = capsys.readouterr().out.splitlines()
    written = json.loads((tmp_path / "out.json").read_text())
    assert "labels" in told[-1]
    assert "100.0" in told[-1]
    assert written["scores"]["labels"]["table"]["Mean"] == 100
    assert written["scores"]["labels"]["beyond"] is None
    assert set(written["scores"]) == {*ways, "labels"}


def test_a_model_without_the_twelve_keypoints_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = NetworkConfig(stacks=1, channels=8, keypoints=2)
    beast = Checkpoint(config, 64, Skeleton(("left_knee", "tail")))
    save(tmp_path / "beast", MultiContextNetwork(config), beast)

    assert main(["evaluate", "jhmdb", "--data", str(tmp_path), "--model", str(tmp_path / "beast")]) == 2
    assert "the model lacks left_shoulder, " in capsys.readouterr().err


def test_each_way_of_looking_is_a_line() -> None:
    some = clip()
    scores = {
        "raw": score([some], [unscored(np.full((8, 12, 2), np.nan))]),
        "labels": score([some], [unscored(some.xy_TK2[:, PLACES])]),
    }
    head, raw, labels = scores_text(scores).splitlines()

    assert len(head) == len(raw) == len(labels)
    assert raw.split()[0] == "raw"
    assert raw.split()[-2:] == ["100.0", "nan"]
