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
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.cli import main
from poseglass_train.evaluate import views
from poseglass_train.evaluate.views import Views, find_in_squares, pyramid_heatmaps, table_text, unzoom

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


def checkpoint(network: MultiContextNetwork) -> Checkpoint:
    return Checkpoint(network.config, 64, LSP_14, confidence=((0.0, 0.0), (2.0, 0.5)))


def test_one_scale_is_the_plain_network() -> None:
    network = MultiContextNetwork(NetworkConfig(stacks=1, channels=8)).eval()
    pictures = [np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)]
    image = torch.from_numpy(pictures[0]).permute(2, 0, 1)[None]
    whole = [(np.array([31.5, 31.5]), 64.0)]
    with torch.inference_mode():
        expected = network(image).heatmaps[-1]
        torch.testing.assert_close(
            pyramid_heatmaps(network, pictures, whole, checkpoint(network), Views()), expected
        )  # fmt: skip


def test_what_is_found_lies_in_the_pictures_own_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A square of 32 px around (50, 40) is shown at 64 px: crop pixel (20, 30) is the picture's (44, 39)."""
    network = MultiContextNetwork(NetworkConfig(stacks=1, channels=8))
    spot = torch.tensor([[[20.0, 30.0]]]).expand(1, 14, 2)
    monkeypatch.setattr(views, "predict_heatmaps", lambda *_, **__: encode(spot, (16, 16)))
    picture = np.zeros((100, 120, 3), np.uint8)
    found = find_in_squares(network, checkpoint(network), [picture], [(np.array([50.0, 40.0]), 32.0)], Views())

    np.testing.assert_allclose(found.xy_NK2[0, 0], [50 - 15.75 + 10, 40 - 15.75 + 15], atol=0.05)
    np.testing.assert_allclose(found.score_NK[0, 0], 0.25, atol=0.02)  # of a peak of 1, by the checkpoint's curve


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


def test_the_table_stands_in_even_columns() -> None:
    names, values = table_text({"Head": 90.04, "Mean": 7.0}).splitlines()

    assert names == "   Head   Mean"
    assert values == "   90.0    7.0"
