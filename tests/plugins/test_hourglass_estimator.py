from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from poseglass.api import HEATMAP, Explainer, Image
from poseglass_models import checkpoint
from poseglass_models.crop import PADDING, transform
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.skeleton import Skeleton
from poseglass_plugins.attention_hourglass import HourglassOptions
from poseglass_plugins.hourglass_estimator import AttentionHourglass

SKELETON = Skeleton(("nose", "left_eye", "right_eye"))
CONFIG = NetworkConfig(stacks=2, channels=16, keypoints=3)
BOXES = np.array([[20.0, 10, 60, 100], [70.0, -20, 160, 50]])


def options(folder: Path, config: NetworkConfig = CONFIG) -> HourglassOptions:
    """Save a network whose heatmaps are far from nothing."""
    torch.manual_seed(0)
    network = Preset(config, 64).build(0)
    for stack in network.stacks:
        torch.nn.init.normal_((stack.classify if stack.part is None else stack.part.classify).weight)
    checkpoint.save(folder / "net", network, checkpoint.Checkpoint(config, 64, SKELETON))
    return HourglassOptions(str(folder / "net.safetensors"), device="cpu")


@pytest.fixture
def estimator(tmp_path: Path) -> AttentionHourglass:
    return AttentionHourglass(options(tmp_path))


@pytest.fixture
def image() -> Image:
    return np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)


@pytest.mark.parametrize("flip", [False, True])
def test_explained_poses_are_the_estimated_ones(tmp_path: Path, image: Image, flip: bool):
    estimator = AttentionHourglass(replace(options(tmp_path), flip=flip))
    estimated = estimator.estimate(image, BOXES)
    explained = estimator.explain(image, BOXES, estimator.map_names).poses

    for name in ("xy", "score", "covariance"):
        np.testing.assert_array_equal(getattr(explained, name), getattr(estimated, name))


def test_every_map_can_be_asked_for_by_itself(estimator: AttentionHourglass, image: Image):
    whole = estimator.explain(image, BOXES, estimator.map_names)

    assert isinstance(estimator, Explainer)
    for name in estimator.map_names:
        maps = estimator.explain(image, BOXES, (name,)).maps
        assert list(maps) == [name]
        assert maps[name].values.dtype == np.float32
        assert maps[name].values.shape == (2, 3 if name.per_keypoint else 1, name.height, name.width)
        np.testing.assert_array_equal(maps[name].values, whole.maps[name].values)


def test_maps_come_stack_by_stack_from_coarse_to_fine(estimator: AttentionHourglass):
    names = [str(name) for name in estimator.map_names]
    coarse_to_fine = [f"multi_resolution/{side}x{side}" for side in (2, 4, 8, 16)]

    assert names == [f"stack1/{kind}" for kind in (*coarse_to_fine, "refined/16x16", "heatmap/16x16")] + [
        f"stack2/{kind}" for kind in (*coarse_to_fine, "part/16x16", "heatmap/16x16")
    ]
    assert {name.kind for name in estimator.map_names if name.per_keypoint} == {"part", HEATMAP}


def test_nothing_wanted_is_nothing_asked_of_the_network(
    estimator: AttentionHourglass, image: Image, monkeypatch: pytest.MonkeyPatch
):
    asked = []
    forward = MultiContextNetwork.forward

    def listen(self, image, want=()):
        asked.append(tuple(want))
        return forward(self, image, want)

    monkeypatch.setattr(MultiContextNetwork, "forward", listen)
    estimator.estimate(image, BOXES)
    heat = next(name for name in estimator.map_names if name.kind == HEATMAP)

    assert estimator.explain(image, BOXES, ()).maps == {}
    assert list(estimator.explain(image, BOXES, (heat,)).maps) == [heat]
    assert asked == [(), (), ()]


def test_every_map_covers_the_padded_square_of_its_box(estimator: AttentionHourglass, image: Image):
    explanation = estimator.explain(image, BOXES, estimator.map_names)

    for name, maps in explanation.maps.items():
        corners = np.array([[-0.5, -0.5], [name.width - 0.5, name.height - 0.5]])
        for box, to_frame in zip(BOXES, maps.to_frame, strict=True):
            half = PADDING * max(box[2:] - box[:2]) / 2
            middle = (box[:2] + box[2:]) / 2
            np.testing.assert_allclose(transform(to_frame, corners), [middle - half, middle + half], atol=1e-9)


def test_a_keypoint_lies_on_its_heatmaps_peak(estimator: AttentionHourglass, image: Image):
    heat = estimator.map_names[-1]
    explanation = estimator.explain(image, BOXES, (heat,))
    maps = explanation.maps[heat]

    for person, xy in enumerate(explanation.poses.xy):
        for keypoint in np.nonzero(np.isfinite(xy).all(axis=-1))[0]:
            row, column = np.unravel_index(maps.values[person, keypoint].argmax(), (16, 16))
            peak = transform(maps.to_frame[person], np.array([column, row], dtype=float))
            cell = maps.to_frame[person, 0, 0]
            assert np.abs(peak - xy[keypoint]).max() <= 1.01 * cell


def test_attention_by_softmax_may_reach_its_number_of_cells(tmp_path: Path, image: Image):
    estimator = AttentionHourglass(options(tmp_path, replace(CONFIG, attention="softmax")))
    explanation = estimator.explain(image, BOXES, estimator.map_names)

    for name, maps in explanation.maps.items():
        assert maps.span == ((0.0, 1.0) if name.kind == HEATMAP else (0.0, name.height * name.width))
