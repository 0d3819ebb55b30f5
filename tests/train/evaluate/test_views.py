from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint
from poseglass_models.codec import decode, encode
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14
from poseglass_train.evaluate import views
from poseglass_train.evaluate.views import Views, find_in_squares, pyramid_heatmaps, unzoom

WriteFolder = Callable[..., NDArray[np.float64]]


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
