"""How much attention lies on the person: maps whose share is chosen, and the command on real pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14
from poseglass_train.cli import main
from poseglass_train.data.labelled import LabelledImages, Picture
from poseglass_train.data.lsp import read_lsp
from poseglass_train.evaluate import attention
from poseglass_train.evaluate.attention import BODY, attention_shares, inside_share, person_box

REAL_DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def test_the_share_is_that_of_the_mass_in_the_box() -> None:
    """Columns 2 and 3 of 8 lie in the box, whose edges in crop pixels are 4 pixels a map pixel."""
    maps = torch.zeros(2, 1, 8, 8)
    maps[0, 0, 1, 2], maps[0, 0, 1, 7] = 3, 1
    maps[1] = 1
    box = np.array([[8.0, 0.0], [15.0, 31.0]])

    assert inside_share(maps, np.stack([box, box]), pixel=4).tolist() == pytest.approx([3 / 4, 2 / 8])


def test_maps_of_nothing_have_no_share() -> None:
    assert inside_share(torch.zeros(1, 2, 4, 4), np.array([[[0.0, 0.0], [3.0, 3.0]]]), 1).tolist() == [0]


def one_person(folder: Path, box: list[float]) -> LabelledImages:
    xy = np.full((1, 14, 2), np.nan, dtype=np.float32)
    xy[0, :2] = [[10, 20], [30, 60]]
    xy[0, 2] = np.inf  # beyond the picture
    return LabelledImages((Picture(folder / "a.png"),), xy, np.array([box], dtype=np.float32), LSP_14)


def test_the_box_is_the_labelled_one_or_a_little_more_than_the_keypoints(tmp_path: Path) -> None:
    labelled = one_person(tmp_path, [1, 2, 30, 40])
    unlabelled = one_person(tmp_path, [np.nan] * 4)

    np.testing.assert_array_equal(person_box(labelled, 0), [[1, 2], [30, 40]])
    box = person_box(unlabelled, 0)
    np.testing.assert_allclose(box.mean(axis=0), [20, 40])
    np.testing.assert_allclose(box[1] - box[0], [BODY * 20, BODY * 40])


def test_even_attention_lies_on_the_person_as_often_as_chance(tiny_data: Path) -> None:
    """With all its weights at 0 each map is a half everywhere."""
    config = NetworkConfig(stacks=1, channels=8)
    network = MultiContextNetwork(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    people = read_lsp(tiny_data / "lsp", "train").part(slice(0, 30))
    shares = attention_shares(network, Checkpoint(config, 64, LSP_14), people)

    assert set(shares) == set(network.attention_names)
    assert shares["stack1/part"].inside == pytest.approx(shares["stack1/part"].chance, abs=0.05)
    assert 0.1 < shares["stack1/part"].chance < 0.9


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="needs ../shared/data")
def test_the_command_tells_and_writes_the_shares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = NetworkConfig(stacks=1, channels=8)
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, 64, LSP_14))
    monkeypatch.setattr(attention, "FRAME_STEP", 40)
    options = ["--data", str(REAL_DATA), "--model", str(tmp_path / "model"), "--json", str(tmp_path / "out.json")]

    assert main(["evaluate", "attention", *options, "--device", "cpu"]) == 0
    told = json.loads((tmp_path / "out.json").read_text())["shares"]
    assert {"lsp", "jhmdb"} == set(told)
    assert 0 < told["lsp"]["stack1/part"]["chance"] < 1
    assert "stack1/part" in capsys.readouterr().out


def test_a_network_without_attention_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = NetworkConfig(stacks=1, channels=8, context="none")
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, 64, LSP_14))
    options = ["--data", str(tmp_path), "--model", str(tmp_path / "model"), "--device", "cpu"]

    assert main(["evaluate", "attention", *options]) == 2
    assert "a network without attention" in capsys.readouterr().err
