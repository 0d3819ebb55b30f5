"""Corrected frames as a training set: whole frames and COCO keypoints, as `poseglass-train fit --from` takes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from poseglass.core.document import Document
from poseglass.core.smoothing import SmoothedPaths
from poseglass.core.video import Video


def write_training_set(
    folder: Path,
    video: Video,
    document: Document,
    paths: SmoothedPaths | None,
    watch: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> int:
    """Write `images/` and `labels.json` into a folder, new or empty; return the number of frames.

    Only frames with a corrected keypoint, with all people of those frames. Placed keypoints are where the user put
    them, the others where they were measured; occluded ones are v = 1, the rest v = 2, missing ones 0.
    """
    raise NotImplementedError
