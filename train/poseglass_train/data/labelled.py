"""Labelled pictures: what every data set is read into, and reading the pictures themselves.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_models.crop import square_around
from poseglass_models.skeleton import Skeleton
from poseglass_train.errors import DatasetError

Split = Literal["train", "test"]

BOX_PADDING = 1.15
"""Crop side to a person's box; the box of a whole body is some 1.13 times the extent of its keypoints."""


@dataclass(frozen=True)
class Picture:
    """An image file, or one frame, counted from 0, of a video file."""

    path: Path
    frame: int | None = None
    size: tuple[int, int] | None = None  # width and height of an image, where its labels say what they are for


@dataclass(frozen=True)
class LabelledImages:
    """Pictures with one labelled person each; a picture of several people comes several times.

    xy_NK2: keypoints in pixels of each picture, integer at pixel centres; NaN where not annotated, both infinite
    where the labels say that the keypoint lies beyond the picture's edge: a network is to find nothing there.
    box_N4: x0, y0, x1, y1 of the whole person; NaN where only the keypoints say where they are.
    """

    pictures: tuple[Picture, ...]
    xy_NK2: NDArray[np.float32]
    box_N4: NDArray[np.float32]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.pictures)

    @cached_property
    def extents(self) -> NDArray[np.float32]:
        """x0, y0, x1, y1 (N, 4) around each person's known keypoints; inf and -inf where none is."""
        known_NK1 = np.isfinite(self.xy_NK2).all(axis=2, keepdims=True)
        low_N2 = np.where(known_NK1, self.xy_NK2, np.inf).min(axis=1)
        high_N2 = np.where(known_NK1, self.xy_NK2, -np.inf).max(axis=1)
        return np.concatenate([low_N2, high_N2], axis=1).astype(np.float32)

    @property
    def sized(self) -> NDArray[np.bool_]:
        """Who (N,) has a size: a box, or keypoints in more than one place."""
        return np.asarray((_largest_side(self.box_N4) > 0) | (_largest_side(self.extents) > 0))  # no box: NaN

    def square(self, row: int) -> tuple[NDArray[np.float64], float]:
        """Return centre (2,) and side, in the picture's pixels, of the square to look at for this person."""
        box = self.box_N4[row].astype(np.float64)
        if np.isfinite(box).all() and (box[2:] - box[:2]).max() > 0:
            return square_around(box.reshape(2, 2), BOX_PADDING)
        return square_around(self.xy_NK2[row].astype(np.float64))

    def part(self, rows: slice | NDArray[np.bool_]) -> LabelledImages:
        """Return some of the people."""
        places = np.arange(len(self))[rows]
        pictures = tuple(self.pictures[i] for i in places)
        return LabelledImages(pictures, self.xy_NK2[places], self.box_N4[places], self.skeleton)

    def on(self, skeleton: Skeleton) -> LabelledImages:
        """Return the same people with the keypoints of another skeleton: by name, NaN where ours has none."""
        if skeleton == self.skeleton:
            return self
        xy_NK2 = np.full((len(self), len(skeleton), 2), np.nan, dtype=np.float32)
        for place, name in enumerate(skeleton.names):
            if name in self.skeleton.names:
                xy_NK2[:, place] = self.xy_NK2[:, self.skeleton.index(name)]
        return LabelledImages(self.pictures, xy_NK2, self.box_N4, skeleton)


def _largest_side(box_N4: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((box_N4[:, 2:] - box_N4[:, :2]).max(axis=1, initial=-np.inf))


def without_boxes(paths: tuple[Path, ...], xy_NK2: NDArray[np.float32], skeleton: Skeleton) -> LabelledImages:
    """Return people of whom only keypoints are known, one an image."""
    box_N4 = np.full((len(paths), 4), np.nan, dtype=np.float32)
    return LabelledImages(tuple(map(Picture, paths)), xy_NK2, box_N4, skeleton)


def read_image(picture: Picture) -> NDArray[np.uint8]:
    """Return RGB (H, W, 3). Raises DatasetError when it cannot be read, or is not of the size that labels are for."""
    return read_as_labelled(picture)[0]


def read_as_labelled(picture: Picture) -> tuple[NDArray[np.uint8], bool]:
    """Return RGB (H, W, 3), and whether any reader shows the file so. Raises DatasetError, as `read_image`.

    Pictures are turned as their EXIF says, unless their labels are for the size that they have without: some tools
    label what is stored, others what is seen.
    """
    image = _read_turned(picture)
    if picture.size is None or picture.frame is not None or _size(image) == picture.size:
        return _rgb(image), True
    stored = cv2.imread(str(picture.path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if stored is None or _size(stored) != picture.size:
        labelled, found = ("{} x {}".format(*size) for size in (picture.size, _size(image)))
        raise DatasetError(f"{picture.path}: is {found}, its labels are for {labelled}; label it as it is")
    return _rgb(stored), False


def _read_turned(picture: Picture) -> cv2.typing.MatLike:
    if picture.frame is None:
        image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    else:
        image = _read_frame(picture.path, picture.frame)
    if image is None:
        at = "" if picture.frame is None else f", frame {picture.frame}"
        raise DatasetError(f"{picture.path}{at}: not a picture that can be read")
    return image


def _rgb(image: cv2.typing.MatLike) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _size(image: cv2.typing.MatLike) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def picture_size(picture: Picture) -> tuple[int, int]:
    """Return width and height; a video is not decoded for it. Raises DatasetError when it cannot be read."""
    if picture.frame is None:
        height, width = read_image(picture).shape[:2]
        return width, height
    video = cv2.VideoCapture(str(picture.path))
    width, height = (int(video.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    video.release()
    if min(width, height) <= 0:  # OpenCV says 0 or -1, by version, of what it cannot open
        raise DatasetError(f"{picture.path}: not a video that can be read")
    return width, height


def read_video(path: Path) -> list[NDArray[np.uint8]]:
    """Return all frames of a short clip in RGB (H, W, 3). Raises DatasetError when there is none."""
    video = cv2.VideoCapture(str(path))
    frames = []
    while True:
        there, frame = video.read()
        if not there:
            break
        frames.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8))
    video.release()
    if not frames:
        raise DatasetError(f"{path}: not a video that can be read")
    return frames


def _read_frame(path: Path, number: int) -> cv2.typing.MatLike | None:
    """Decode from the start: seeking in the data sets' AVI files is not exact, and their clips are short."""
    video = cv2.VideoCapture(str(path))
    try:
        if not all(video.grab() for _ in range(number + 1)):
            return None
        return video.retrieve()[1]
    finally:
        video.release()
