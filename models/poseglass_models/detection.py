"""From a whole picture to the people in it: made to fit, looked at, and the boxes mapped back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from poseglass_models.crop import rescale
from poseglass_models.detector import SIZE_STEP, STRIDE, PersonDetector, people

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A picture made to fit, with black to the right of it or below.

    image: (H, W, 3), whose sides divide by 32. scale: what it is of the original's size, across and down.
    """

    image: NDArray[np.uint8]
    scale: tuple[float, float]


def fit(image: NDArray[np.uint8], size: int) -> Fitted:
    """Return the picture (H, W, 3) with its longer side `size` pixels long, which is rounded up to divide by 32."""
    height, width = image.shape[:2]
    scale = _whole_steps(size) / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(image, (new_width, new_height), interpolation=how)
    fitted = np.zeros((_whole_steps(new_height), _whole_steps(new_width), 3), dtype=np.uint8)
    fitted[:new_height, :new_width] = resized
    return Fitted(fitted, (new_width / width, new_height / height))


def _whole_steps(pixels: int) -> int:
    return max(1, -(-pixels // SIZE_STEP)) * SIZE_STEP


class Detected(NamedTuple):
    """People of a picture, highest peak first.

    boxes: x0, y0, x1, y1 (P, 4) in the picture's pixels. peak: (P,). seen: (P,) square roots of the boxes' areas in
    pixels as the network saw them.
    """

    boxes: Array
    peak: Array
    seen: Array


def detect(network: PersonDetector, image: NDArray[np.uint8], size: int, *, bfloat16: bool = False) -> Detected:
    """Return whom the network sees in a picture (H, W, 3) in RGB, whose longer side is `size` pixels to it."""
    fitted = fit(image, size)
    device = next(network.parameters()).device
    image_1HW3 = torch.from_numpy(fitted.image).to(device)[None]
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
        found = people(network(image_1HW3.permute(0, 3, 1, 2)))[0]
    edges_P4 = found.edges.double().cpu().numpy()
    seen = STRIDE * np.sqrt((edges_P4[:, 2] - edges_P4[:, 0]) * (edges_P4[:, 3] - edges_P4[:, 1]))
    return Detected(_to_picture(edges_P4, fitted.scale), found.peak.double().cpu().numpy(), seen)


def _to_picture(edges_P4: Array, scale: tuple[float, float]) -> Array:
    """Map edges in cells to the picture's pixels, whose centres are at whole numbers."""
    fitted_P4 = edges_P4 * STRIDE - 0.5
    across, down = (rescale(fitted_P4[:, axis::2], 1 / factor) for axis, factor in enumerate(scale))
    return np.stack([across[:, 0], down[:, 0], across[:, 1], down[:, 1]], axis=1)
