"""Two clips of rectangles, whose pixels say who is in front and who is in the picture."""

from pathlib import Path

import numpy as np
import pytest

from made_clips import HEIGHT, WIDTH, make_clip, write_clip
from poseglass_train.cli import main
from poseglass_train.data.composed import beside, over
from poseglass_train.data.labelled import read_video
from poseglass_train.data.labelled_clips import HIDDEN, OUTSIDE, SEEN, LabelledClip, read_clip

FRAMES = 12


@pytest.fixture
def clips(tmp_path: Path) -> tuple[Path, Path]:
    """Return somebody who walks through a picture of which the camera stands still, and somebody in its middle."""
    walk = np.stack([np.linspace(0, WIDTH - 61, FRAMES).round(), np.full(FRAMES, 60.0)], axis=1)
    paths = tmp_path / "walks.mp4", tmp_path / "stands.mp4"
    write_clip(make_clip(paths[0], {0: walk}))
    write_clip(make_clip(paths[1], {0: np.full((FRAMES, 2), (130.0, 70.0))}))
    return paths


def blue_in(image: np.ndarray, box: np.ndarray) -> float:
    """Return the mean of blue in a box: 220 on a person as `write_clip` paints the first, 40 on the background."""
    x0, y0, x1, y1 = box.astype(int)
    return float(image[y0 + 5 : y1 - 4, x0 + 5 : x1 - 4, 2].mean())


def people_per_frame(clip: LabelledClip) -> list[int]:
    return np.isfinite(clip.box_TP4).all(axis=2).sum(axis=1).tolist()


def test_side_by_side_people_leave_and_come_back(clips: tuple[Path, Path], tmp_path: Path) -> None:
    path = beside(clips[1], clips[0], tmp_path)
    clip, frames = read_clip(path), read_video(path)

    assert path.name == "stands_beside_walks.mp4"
    assert len(clip) == len(frames) == 2 * FRAMES
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    there = np.isfinite(clip.box_TP4).all(axis=2)
    assert there[0].tolist() == [True, False]  # only the left clip is to be seen
    assert there[FRAMES // 2].tolist() == there[3 * FRAMES // 2].tolist() == [False, True]  # only the right one
    assert there[FRAMES].tolist() == [True, False]
    for t, image in enumerate(frames):
        for box in clip.box_TP4[t][there[t]]:
            if box[2] - box[0] > 30:
                assert blue_in(image, box) == pytest.approx(220, abs=25)


def test_who_is_outside_is_not_seen_and_boxes_end_at_the_edge(clips: tuple[Path, Path], tmp_path: Path) -> None:
    clip = read_clip(beside(clips[1], clips[0], tmp_path))
    x = clip.xy_TPK2[..., 0]
    there = np.isfinite(x)

    assert (clip.visible_TPK[there & ((x < 0) | (x > WIDTH - 1))] == OUTSIDE).all()
    assert (clip.visible_TPK[there & (x >= 0) & (x <= WIDTH - 1)] == SEEN).all()
    assert np.nanmin(clip.box_TP4) >= 0
    assert np.nanmax(clip.box_TP4[..., 2]) <= WIDTH - 1
    assert 0 < np.isfinite(clip.box_TP4[..., 0]).sum() < 2 * len(clip)


def test_who_walks_in_front_hides_the_other(clips: tuple[Path, Path], tmp_path: Path) -> None:
    path = over(clips[0], clips[1], tmp_path)
    clip, frames = read_clip(path), read_video(path)

    assert path.name == "walks_over_stands.mp4"
    assert people_per_frame(clip) == [2] * 2 * FRAMES
    assert (clip.visible_TPK[:, 0] == SEEN).all()
    front, behind = clip.box_TP4[:, :1], clip.xy_TPK2[:, 1]
    covered = ((behind > front[..., :2] + 3) & (behind < front[..., 2:] - 3)).all(axis=2)
    clear = ((behind < front[..., :2] - 3) | (behind > front[..., 2:] + 3)).any(axis=2)
    assert covered.any()
    assert (clip.visible_TPK[:, 1][covered] == HIDDEN).all()
    assert (clip.visible_TPK[:, 1][clear] == SEEN).all()
    for t in (0, FRAMES // 2, FRAMES):
        assert [blue_in(frames[t], box) for box in clip.box_TP4[t]] == pytest.approx([220, 220], abs=25)


def test_clips_of_two_sizes_are_not_composed(
    clips: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = clips[0].with_suffix(".json")
    labels.write_text(labels.read_text().replace('"width": 320', '"width": 300'))

    assert main(["compose", "over", *map(str, clips), "--out", str(tmp_path / "new")]) == 2
    assert "walks.mp4 of 300 x 240 and stands.mp4 of 320 x 240 pixels: their sizes differ" in capsys.readouterr().err


def test_the_command_says_where_the_clip_is(
    clips: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", "beside", *map(str, clips), "--out", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / 'new' / 'walks_beside_stands.mp4'} and its labels\n"
    assert (tmp_path / "new" / "walks_beside_stands.json").is_file()
