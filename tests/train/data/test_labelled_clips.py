import json
from pathlib import Path

import numpy as np
import pytest

from made_clips import make_clip, write_clip
from poseglass_train.data.labelled_clips import HIDDEN, OUTSIDE, SEEN, read_clip, read_clips
from poseglass_train.errors import DatasetError


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    places = {4: np.array([[10.0, 20], [12, 20], [14, 20]]), 7: np.array([[np.nan, np.nan], [100, 50], [98.125, 50]])}
    clip = make_clip(tmp_path / "walk.mp4", places)
    clip.visible_TPK[1, 0, :2] = (OUTSIDE, HIDDEN)
    write_clip(clip)
    read = read_clip(tmp_path / "walk.mp4")

    assert (read.people, read.size, read.fps, len(read)) == ((4, 7), (320, 240), 30, 3)
    for name in ("xy_TPK2", "depth_TPK", "box_TP4"):
        np.testing.assert_allclose(getattr(read, name)[:, 0], getattr(clip, name)[:, 0])
        np.testing.assert_allclose(getattr(read, name)[1:, 1], getattr(clip, name)[1:, 1])
    np.testing.assert_array_equal(read.visible_TPK, clip.visible_TPK)
    assert np.isnan(read.xy_TPK2[0, 1]).all()
    assert read.visible_TPK[2, 1, 3] == SEEN


def test_clips_without_labels_are_no_labelled_clips(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_clip(make_clip(tmp_path / f"{name}.mp4", {0: np.zeros((2, 2))}))
    (tmp_path / "0.mp4").write_bytes(b"")

    assert [clip.path.name for clip in read_clips(tmp_path)] == ["a.mp4", "b.mp4"]
    with pytest.raises(DatasetError, match=r"NAME\.mp4 with NAME\.json beside it, and found none"):
        read_clips(tmp_path / "nowhere")


def test_other_labels_are_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_clip(make_clip(path, {0: np.zeros((2, 2))}))
    told = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**told, "order": ["nose"]}))
    with pytest.raises(DatasetError, match=r"a\.json: looked for MPII's 16 keypoints in their order, found nose"):
        read_clip(path)

    path.with_suffix(".json").write_text("{}")
    with pytest.raises(DatasetError, match=r"a\.json: looked for fps, width"):
        read_clip(path)


def test_the_rendered_clips_are_read() -> None:
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "synthetic"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/synthetic")
    clips = {clip.path.stem: clip for clip in read_clips(folder)}

    assert len(clips) == 5
    assert clips["two_people_pan"].people == (0, 1)
    assert len(clips["two_people_pan"]) == 86
