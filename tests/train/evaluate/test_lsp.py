import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.codec import encode
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.cli import main
from poseglass_train.evaluate import views
from poseglass_train.evaluate.lsp import Answers, report, swapped_share, torso_tilt

Array = NDArray[np.float64]
WriteFolder = Callable[..., NDArray[np.float64]]


def person(degrees: float = 0) -> Array:
    """Return a person turned so far: upright and seen from the front, the torso 40 wide and 100 high."""
    arm = {"shoulder": (20, -100), "elbow": (60, -100), "wrist": (100, -100)}
    side = {**arm, "hip": (20, 0), "knee": (20, 60), "ankle": (20, 120)}
    places = {f"left_{part}": (x, y) for part, (x, y) in side.items()}
    places |= {f"right_{part}": (-x, y) for part, (x, y) in side.items()}
    places |= {"neck": (0, -110), "head_top": (0, -150)}
    turn = np.deg2rad(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.array([places[name] for name in LSP_14.names], dtype=float) @ rotation.T


def save_model(path: Path, skeleton: Skeleton = LSP_14) -> Path:
    config = NetworkConfig(stacks=1, channels=8, keypoints=len(skeleton))
    save(path, MultiContextNetwork(config), Checkpoint(config, 64, skeleton))
    return path.with_suffix(".safetensors")


def answers(found: Array, true: Array) -> Answers:
    return Answers(found, np.full(found.shape[:2], 0.5), true, LSP_14)


@pytest.mark.parametrize("degrees", [0, 20, -45, 90, -135, 179])
def test_tilt_is_the_angle_from_upright(degrees: float) -> None:
    assert torso_tilt(person(degrees)[None], LSP_14)[0] == pytest.approx(abs(degrees))


def test_pck_by_tilt_tells_postures_apart() -> None:
    """Upright all right, at 45 degrees one limb of 12 wrong, at 90 the neck (which does not count), upside down all."""
    true = np.stack([person(d) for d in (10, 45, 90, 170)])
    found = true.copy()
    found[1, LSP_14.index("left_wrist")] += 500
    found[2, LSP_14.index("neck")] += 500
    found[3] += 500
    told = report(answers(found, true))

    assert told["tilt 0-30"] == 100
    assert told["tilt 30-60"] == pytest.approx(100 * 11 / 12)
    assert told["tilt 60-120"] == 100
    assert told["tilt 120-180"] == 0
    assert told["mean12"] == pytest.approx(100 * (4 * 12 - 13) / 48)


def test_stricter_pck_counts_smaller_errors() -> None:
    """The torso's diagonal is 107.7: an error of 8 is within a tenth and a fifth of it, not a twentieth."""
    true = person()[None]
    told = report(answers(true + np.array([8, 0]), true))

    assert (told["PCK@0.05"], told["PCK@0.1"], told["mean12"]) == (0, 100, 100)


def test_a_swap_is_an_error_that_the_other_side_would_make_right() -> None:
    true = person()[None]
    found = true.copy()
    for name, other in (("left_wrist", "right_wrist"), ("right_wrist", "left_wrist"), ("left_elbow", "right_elbow")):
        found[0, LSP_14.index(name)] = true[0, LSP_14.index(other)]
    found[0, LSP_14.index("left_ankle")] += 500
    found[0, LSP_14.index("neck")] += 500  # has no other side

    assert swapped_share(answers(found, true)) == pytest.approx(3 / 4)
    assert swapped_share(answers(true, true)) == 0


def test_a_network_that_answers_the_truth_scores_100(
    tmp_path: Path, write_lsp: WriteFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Images are 32 px and crops 64 px, so the truth in crop pixels is known: everything but the network is real."""
    true = torch.from_numpy(write_lsp(tmp_path / "lsp", 1003)[1000:] - 1)
    asked: list[int] = []

    def answer(network: object, image_B3HW: Tensor, skeleton: Skeleton, **_: bool) -> Tensor:
        rows = true[len(asked) : len(asked) + len(image_B3HW)]
        asked.extend(range(len(rows)))
        return encode((rows + 0.5) * 2 - 0.5, (16, 16))

    monkeypatch.setattr(views, "predict_heatmaps", answer)
    assert main(["evaluate", "lsp", "--data", str(tmp_path), "--model", str(save_model(tmp_path / "model"))]) == 0
    names, values = (line.split() for line in capsys.readouterr().out.splitlines())

    assert len(asked) == 3
    assert names == ["Head", "Sho.", "Elb.", "Wri.", "Hip", "Knee", "Ank.", "Mean"]
    assert set(values) == {"100.0"}


def test_the_command_prints_the_table_and_writes_it(
    tmp_path: Path, write_lsp: WriteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lsp(tmp_path / "lsp", 1002)
    model = save_model(tmp_path / "model")
    options = ["--data", str(tmp_path), "--model", str(model), "--flip", "--scales", "2", "--device", "cpu"]
    status = main(["evaluate", "lsp", *options, "--report", "--json", str(tmp_path / "out.json")])
    written = json.loads((tmp_path / "out.json").read_text())

    assert status == 0
    told = capsys.readouterr().out
    assert told.split()[:8] == ["Head", "Sho.", "Elb.", "Wri.", "Hip", "Knee", "Ank.", "Mean"]
    assert all(name in told for name in written["report"])
    assert written["flip"] is True
    assert written["scales"] == 2
    assert 0 <= written["pck"]["Mean"] <= 100


def test_a_model_of_another_skeleton_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_model(tmp_path / "model", Skeleton(("nose",)))

    assert main(["evaluate", "lsp", "--data", str(tmp_path), "--model", str(model), "--device", "cpu"]) == 2
    assert "LSP scores 14 keypoints, the model lacks right_ankle" in capsys.readouterr().err
