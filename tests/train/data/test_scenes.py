import json
from pathlib import Path

import numpy as np
import pytest

from poseglass_train.data.scenes import HIDDEN, OUTSIDE, SEEN, read_scene, read_scenes
from poseglass_train.errors import DatasetError
from scenes import make_scene, write_scene


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    places = {4: np.array([[10.0, 20], [12, 20], [14, 20]]), 7: np.array([[np.nan, np.nan], [100, 50], [98.125, 50]])}
    scene = make_scene(tmp_path / "walk.mp4", places)
    scene.visible_TPK[1, 0, :2] = (OUTSIDE, HIDDEN)
    write_scene(scene)
    read = read_scene(tmp_path / "walk.mp4")

    assert (read.people, read.size, read.fps, len(read)) == ((4, 7), (320, 240), 30, 3)
    for name in ("xy_TPK2", "depth_TPK", "box_TP4"):
        np.testing.assert_allclose(getattr(read, name)[:, 0], getattr(scene, name)[:, 0])
        np.testing.assert_allclose(getattr(read, name)[1:, 1], getattr(scene, name)[1:, 1])
    np.testing.assert_array_equal(read.visible_TPK, scene.visible_TPK)
    assert np.isnan(read.xy_TPK2[0, 1]).all()
    assert read.visible_TPK[2, 1, 3] == SEEN


def test_clips_without_labels_are_no_scenes(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_scene(make_scene(tmp_path / f"{name}.mp4", {0: np.zeros((2, 2))}))
    (tmp_path / "0.mp4").write_bytes(b"")

    assert [scene.path.name for scene in read_scenes(tmp_path)] == ["a.mp4", "b.mp4"]
    with pytest.raises(DatasetError, match=r"NAME\.mp4 with NAME\.json beside it, and found none"):
        read_scenes(tmp_path / "nowhere")


def test_other_labels_are_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_scene(make_scene(path, {0: np.zeros((2, 2))}))
    told = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**told, "order": ["nose"]}))
    with pytest.raises(DatasetError, match=r"a\.json: looked for MPII's 16 keypoints in their order, found nose"):
        read_scene(path)

    path.with_suffix(".json").write_text("{}")
    with pytest.raises(DatasetError, match=r"a\.json: looked for fps, width"):
        read_scene(path)


def test_the_rendered_clips_are_read() -> None:
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "synthetic"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/synthetic")
    scenes = {scene.path.stem: scene for scene in read_scenes(folder)}

    assert len(scenes) == 5
    assert scenes["two_people_pan"].people == (0, 1)
    assert len(scenes["two_people_pan"]) == 86
