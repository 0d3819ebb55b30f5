from pathlib import Path

import cv2
import numpy as np
import pytest

from poseglass_train.data.scenes import SAME_SCENE, TESTED, TESTED_SHARE, Side, hash_of, scenes, scenes_on

Image = np.ndarray


def place(seed: int) -> Image:
    """Return a picture of soft spots, unlike that of another seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return cv2.resize(spots, (180, 120), interpolation=cv2.INTER_CUBIC)


def later(image: Image) -> Image:
    """Return the same place a moment later: darker, noisier, a pixel to the right, smaller."""
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return cv2.resize(np.clip(np.roll(image, 1, axis=1) * 0.8 + noise, 0, 255).astype(np.uint8), (90, 60))


def test_the_hash_of_a_place_hardly_changes():
    same = [(hash_of(place(seed)) != hash_of(later(place(seed)))).sum() for seed in range(10)]
    other = [(hash_of(place(seed)) != hash_of(place(seed + 1))).sum() for seed in range(10)]

    assert max(same) <= SAME_SCENE
    assert min(other) > SAME_SCENE


def test_pictures_of_one_place_are_one_scene():
    assert scenes([place(1), place(2), later(place(1)), place(3), later(later(place(2)))]) == [[0, 2], [1, 4], [3]]


def test_a_scene_grows_from_neighbour_to_neighbour(monkeypatch: pytest.MonkeyPatch):
    chain = [np.arange(64) < bits for bits in (0, SAME_SCENE, 2 * SAME_SCENE, 60)]
    hashes = iter(chain)
    monkeypatch.setattr("poseglass_train.data.scenes.hash_of", lambda image: next(hashes))

    assert scenes([place(0)] * 4) == [[0, 1, 2], [3]]


def test_a_scene_is_on_one_side_whole(tmp_path: Path):
    paths = []
    for number in range(21):
        for moment, image in enumerate((place(number), later(place(number)))):
            paths.append(tmp_path / f"{number}_{moment}.png")
            cv2.imwrite(str(paths[-1]), image)
    sides: tuple[Side, ...] = ("train", "check", "test")

    train, check, test = (scenes_on(side, paths) for side in sides)

    assert (len(train), len(check), len(test)) == (2 * 16, 2 * 2, 2 * 21 // TESTED_SHARE)
    assert train | check | test == set(paths)
    for side in (train, check, test):
        numbers = [path.name.partition("_")[0] for path in side]
        assert all(numbers.count(number) == 2 for number in numbers)


def test_no_more_scenes_are_tested_than_are_needed(tmp_path: Path):
    paths = [tmp_path / f"{number:03d}.png" for number in range(TESTED * TESTED_SHARE + 70)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), place(number))

    assert len(scenes_on("test", paths)) == TESTED
