"""PCKh where every distance is chosen, and the command."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import MPII_16
from poseglass_train.cli import main
from poseglass_train.evaluate.mpii import mpii_table


def test_pckh_counts_errors_of_half_a_head_and_leaves_pelvis_and_thorax_out() -> None:
    """Hand-worked. Heads of 20 and 40 px allow 10 and 20 px; the first has no left ankle."""
    true = np.full((2, 16, 2), 100.0)
    true[0, MPII_16.index("left_ankle")] = np.nan
    found = true + np.array([10.0, 0.0])  # on the first person's limit, and inside the second's
    found[0, MPII_16.index("head_top")] += [0.1, 0]
    found[1, MPII_16.index("right_wrist")] += [10.1, 0]
    found[:, MPII_16.index("pelvis")] += 500
    found[1, MPII_16.index("left_knee")] = np.nan
    table = mpii_table(found, true, np.array([20.0, 40.0]), MPII_16)

    assert table["Head"] == pytest.approx((50 + 100) / 2)
    assert table["Wri."] == pytest.approx((50 + 100) / 2)
    assert table["Knee"] == pytest.approx((50 + 100) / 2)
    assert table["Ank."] == 100
    assert table["Mean"] == pytest.approx(100 * (27 - 3) / 27)  # of all annotated keypoints, as released


@pytest.fixture
def model(tmp_path: Path) -> str:
    config = NetworkConfig(stacks=1, channels=8, keypoints=16)
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, 64, MPII_16))
    return str(tmp_path / "model")


def test_the_commands_score_the_validation_people_and_write_the_test_peoples(
    mpii: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "mpii", "--data", str(mpii.parent), "--model", model, "--device", "cpu"]

    assert main(command) == 0
    assert capsys.readouterr().out.split()[:2] == ["Head", "Sho."]
    assert main([*command, "--predictions", str(tmp_path / "pred.mat")]) == 0
    assert scipy.io.loadmat(tmp_path / "pred.mat")["pred"].shape == (1, 2)


def test_a_model_of_other_keypoints_is_refused(mpii: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "mpii", "--data", str(mpii.parent), "--model", "fast", "--device", "cpu"]) == 2
    assert "MPII scores 16 keypoints, the model lacks pelvis" in capsys.readouterr().err
