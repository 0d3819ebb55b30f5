import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.codec import decode, encode
from poseglass_models.crop import transform
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train import evaluate
from poseglass_train.cli import main
from poseglass_train.evaluate import Views, evaluate_lsp, pyramid_heatmaps, table_text, unzoom, whole_image_affine

WriteFolder = Callable[..., NDArray[np.float64]]


def save_model(path: Path, skeleton: Skeleton = LSP_14) -> Path:
    config = NetworkConfig(stacks=1, channels=8, keypoints=len(skeleton))
    save(path, MultiContextNetwork(config), Checkpoint(config, 64, skeleton))
    return path.with_suffix(".safetensors")


def test_unzoomed_heatmaps_show_the_same_place() -> None:
    middle, xy = 127.5, torch.tensor([[[100.0, 150.0], [140.0, 90.0]]])
    for zoom in (0.8, 1.0, 1.25):
        seen = (xy - middle) / zoom + middle
        back = decode(unzoom(encode(seen, (64, 64), sigma=2.0), zoom)).xy_BK2

        torch.testing.assert_close(back, xy, atol=0.4, rtol=0)


def test_zooms_are_even_around_the_image() -> None:
    assert Views().zooms == (1.0,)
    zooms = np.array(Views(scales=6).zooms)

    assert len(zooms) == 6
    np.testing.assert_allclose(zooms[1:] / zooms[:-1], zooms[1] / zooms[0])
    np.testing.assert_allclose(zooms[0] * zooms[-1], 1)


def test_the_whole_image_fills_the_crop_by_its_larger_side() -> None:
    affine = whole_image_affine(np.zeros((100, 200, 3), np.uint8), 64)
    corners = transform(affine, np.array([[-0.5, -0.5], [199.5, 99.5]]))

    np.testing.assert_allclose(corners, [[-0.5, 15.5], [63.5, 47.5]])


def test_one_scale_is_the_plain_network(tmp_path: Path) -> None:
    network = MultiContextNetwork(NetworkConfig(stacks=1, channels=8)).eval()
    pictures = [np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)]
    image = torch.from_numpy(pictures[0]).permute(2, 0, 1)[None]
    with torch.inference_mode():
        torch.testing.assert_close(
            pyramid_heatmaps(network, pictures, 64, LSP_14, Views()), network(image).heatmaps[-1]
        )


def test_a_network_that_answers_the_truth_scores_100(
    tmp_path: Path, write_lsp: WriteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images are 32 px and crops 64 px, so the truth in crop pixels is known: everything but the network is real."""
    true = torch.from_numpy(write_lsp(tmp_path / "lsp", 1003)[1000:] - 1)
    asked: list[int] = []

    def answer(network: object, image_B3HW: Tensor, skeleton: Skeleton, **_: bool) -> Tensor:
        rows = true[len(asked) : len(asked) + len(image_B3HW)]
        asked.extend(range(len(rows)))
        return encode((rows + 0.5) * 2 - 0.5, (16, 16))

    monkeypatch.setattr(evaluate, "predict_heatmaps", answer)
    table = evaluate_lsp(tmp_path, str(save_model(tmp_path / "model")), Views())

    assert len(asked) == 3
    assert set(table.values()) == {100.0}
    assert list(table) == ["Head", "Sho.", "Elb.", "Wri.", "Hip", "Knee", "Ank.", "Mean"]


def test_the_command_prints_the_table_and_writes_it(
    tmp_path: Path, write_lsp: WriteFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lsp(tmp_path / "lsp", 1002)
    model = save_model(tmp_path / "model")
    options = ["--data", str(tmp_path), "--model", str(model), "--flip", "--scales", "2", "--device", "cpu"]
    status = main(["evaluate", "lsp", *options, "--json", str(tmp_path / "out.json")])
    written = json.loads((tmp_path / "out.json").read_text())

    assert status == 0
    assert capsys.readouterr().out.split()[:8] == ["Head", "Sho.", "Elb.", "Wri.", "Hip", "Knee", "Ank.", "Mean"]
    assert written["flip"] is True
    assert written["scales"] == 2
    assert 0 <= written["pck"]["Mean"] <= 100


def test_a_model_of_another_skeleton_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_model(tmp_path / "model", Skeleton(("nose",)))

    assert main(["evaluate", "lsp", "--data", str(tmp_path), "--model", str(model), "--device", "cpu"]) == 2
    assert "LSP wants its 14 keypoints" in capsys.readouterr().err


def test_the_table_stands_in_even_columns() -> None:
    names, values = table_text({"Head": 90.04, "Mean": 7.0}).splitlines()

    assert names == "   Head   Mean"
    assert values == "   90.0    7.0"
