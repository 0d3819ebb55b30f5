"""Somebody's own images, with a skeleton of their own: from a folder and a JSON to the tracker's table."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from clips import constant, write
from poseglass_models.checkpoint import load
from poseglass_train.cli import main

NAMES = ("nose", "left_paw", "right_paw", "tail")
COLOURS = ((255, 255, 255), (0, 0, 255), (255, 0, 0), (0, 255, 0))


def write_beasts(folder: Path, count: int) -> None:
    """Write pictures of four coloured dots on a dark ground, and their places in COCO's format."""
    (folder / "images").mkdir()
    dice = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(count):
        picture = np.full((96, 96, 3), 40, np.uint8)
        middle = dice.uniform(40, 56, 2)
        places = middle + np.array([[0, -30], [-25, 10], [25, 10], [0, 30]]) + dice.uniform(-4, 4, (4, 2))
        for place, colour in zip(places, COLOURS, strict=True):
            cv2.circle(picture, tuple(int(v) for v in place.round()), 5, colour, -1)
        cv2.imwrite(str(folder / "images" / f"{i}.png"), picture)
        images.append({"id": i, "file_name": f"{i}.png"})
        keypoints = [number for x, y in places.round() for number in (float(x), float(y), 2)]
        annotations.append({"id": i, "image_id": i, "category_id": 1, "keypoints": keypoints})
    categories = [{"id": 1, "name": "beast", "keypoints": NAMES, "skeleton": [[1, 4], [2, 4], [3, 4]]}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "labels.json").write_text(json.dumps(content))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fine-tune what ships on beasts with one command; return the folder it wrote."""
    folder = tmp_path_factory.mktemp("beasts")
    write_beasts(folder, 48)
    data = ["--images", str(folder / "images"), "--labels", str(folder / "labels.json")]
    options = ["--from", "default", "--size", "64", "--batch", "8", "--epochs", "12", "--rate", "1e-3"]
    assert main(["fit", "swift", *data, *options, "--out", str(folder / "out"), "--save-minutes", "0.03"]) == 0
    return folder / "out"


def test_the_loss_falls_and_the_held_out_are_found(trained: Path) -> None:
    with (trained / "log.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert float(rows[-1]["loss"]) < 0.5 * float(rows[0]["loss"])
    assert float(rows[-1]["pck"]) > 60
    told = load(trained / "weights")[1]
    assert told.skeleton.names == NAMES
    assert told.skeleton.edges == (("nose", "tail"), ("left_paw", "tail"), ("right_paw", "tail"))
    assert told.training["from"] == "default"


def test_the_tracker_writes_its_keypoints(trained: Path, tmp_path: Path) -> None:
    video = write(tmp_path / "clip.mp4", constant(6))
    table, model = tmp_path / "out.csv", trained / "weights.safetensors"
    command = ["track", str(video.path), "-o", str(table), "--model", str(model)]
    subprocess.run([sys.executable, "-m", "poseglass", *command, "--device", "cpu"], check=True, capture_output=True)
    with table.open() as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 6
    assert [column.removesuffix(".x") for column in rows[0] if column.endswith(".x")] == list(NAMES)


def test_without_people_to_train_on_the_way_out_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "swift", "--images", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "--images DIR wants --labels FILE" in capsys.readouterr().err


def test_a_bare_checkout_trains_and_packs_without_the_applications_packages(tmp_path: Path) -> None:
    """As on a rented machine: two folders on the path, nothing installed of ours, of Qt, PyAV or filterpy."""
    write_beasts(tmp_path, 12)
    root = Path(__file__).parents[2]
    program = f"""
import sys
sys.path[:0] = [{str(root / "models")!r}, {str(root / "train")!r}]
class Bare:
    def find_spec(self, name, path=None, target=None):
        if name in ("poseglass", "poseglass_plugins", "av", "PyQt6", "pyqtgraph", "filterpy"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Bare())
from poseglass_train.cli import main
own = ["--images", "images", "--labels", "labels.json"]
assert main(["pack", *own, "--out", "beasts.pack"]) == 0
short = ["--size", "64", "--epochs", "1", "--device", "cpu", "--out", "out"]
assert main(["fit", "paper", "--pack", "beasts.pack", *short]) == 0
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "weights.safetensors").is_file()
