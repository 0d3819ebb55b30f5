import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import clips
from clips import KINDS, stamped_index
from poseglass.core.video import video
from poseglass.core.video.scrub import Haste, Scrubber, Shown
from poseglass.core.video.video_cache import Gatherer
from poseglass.core.video.video_index import VideoInfo

PATIENCE_S = 20


class Watcher:
    """Stands where the window stands: hears of arrivals and takes what there is."""

    def __init__(self, path: Path, cache_bytes: int | None = None) -> None:
        self.info: VideoInfo | None = None
        self.why = ""
        self._heard = threading.Condition()
        self._rings = 0
        self.scrubber = Scrubber(path, self._open, self._fail, self._ring, cache_bytes)
        with self._heard:
            assert self._heard.wait_for(lambda: self.info is not None or self.why, PATIENCE_S)

    def _open(self, info: VideoInfo) -> None:
        with self._heard:
            self.info = info
            self._heard.notify()

    def _fail(self, why: str) -> None:
        with self._heard:
            self.why = why
            self._heard.notify()

    def _ring(self) -> None:
        with self._heard:
            self._rings += 1
            self._heard.notify()

    def see(self, until: int) -> list[Shown]:
        """Take pictures until the answer to the request of that number is exact."""
        seen: list[Shown] = []
        while not (seen and seen[-1].request.number == until and seen[-1].is_exact):
            with self._heard:
                assert self._heard.wait_for(lambda: self._rings, PATIENCE_S)
                self._rings = 0
            if (shown := self.scrubber.take()) is not None:
                seen.append(shown)
        return seen


@contextmanager
def watching(path: Path, cache_bytes: int | None = None) -> Iterator[Watcher]:
    watcher = Watcher(path, cache_bytes)
    try:
        yield watcher
    finally:
        watcher.scrubber.close()


def rgb(shown: Shown) -> np.ndarray:
    assert shown.picture is not None
    return shown.picture[..., 2::-1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cache_bytes", [1, None], ids=["nothing kept", "all kept"])
def test_any_jump_in_any_kind_of_file_shows_the_frame_asked_for(tmp_path: Path, kind: str, cache_bytes: int | None):
    clip = KINDS[kind](tmp_path)
    with watching(clip.path, cache_bytes) as watcher:
        assert watcher.info is not None
        for place in np.random.default_rng(5).integers(0, len(clip.indices), 25):
            request = watcher.scrubber.ask(int(place))
            shown = watcher.see(request.number)[-1]

            assert stamped_index(rgb(shown)) == clip.indices[place]
            assert shown.time_s == pytest.approx(float(clip.times_s[place]), abs=1e-3)


def test_of_many_requests_the_newest_is_answered(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(200))
    with watching(clip.path) as watcher:
        last = [watcher.scrubber.ask(index, Haste.DRAG) for index in range(0, 200, 3)][-1]
        seen = watcher.see(last.number)

        assert stamped_index(rgb(seen[-1])) == 198
        assert len(seen) < 67


def test_stepping_back_in_a_long_group_decodes_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(120), clips.Recipe(options={"g": "120", "bf": "3"}))
    started = []
    start_at = video._Walk.start_at
    monkeypatch.setattr(
        video._Walk, "start_at", lambda self, index, hurry: started.append(index) or start_at(self, index, hurry)
    )
    with watching(clip.path, cache_bytes=3_000_000) as watcher:  # 100 of these frames: not all
        watcher.scrubber.may_gather = False
        for index in (110, *range(109, 80, -1)):
            shown = watcher.see(watcher.scrubber.ask(index).number)[-1]
            assert stamped_index(rgb(shown)) == index

    assert len(started) <= 2


def test_a_stand_in_while_dragging_says_what_it_is(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(40))
    with watching(clip.path) as watcher:
        seen = watcher.see(watcher.scrubber.ask(35, Haste.DRAG).number)
        assert [stamped_index(rgb(shown)) for shown in seen] == [shown.index for shown in seen]
        assert seen[-1].index == 35


def test_a_frame_that_cannot_be_decoded_is_told_and_the_others_are_shown(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(30), clips.Recipe(options={"g": "1", "bf": "0"}))
    clips.damage(clip.path, [7])
    with watching(clip.path) as watcher:
        broken = watcher.see(watcher.scrubber.ask(7).number)[-1]
        whole = watcher.see(watcher.scrubber.ask(8).number)[-1]

    assert broken.picture is None
    assert "cannot be decoded" in broken.trouble
    assert stamped_index(rgb(whole)) == 8


def test_what_is_no_video_is_told(tmp_path: Path):
    (tmp_path / "notes.mp4").write_text("no video")
    with watching(tmp_path / "notes.mp4") as watcher:
        assert "notes.mp4" in watcher.why


def test_closing_ends_the_thread_and_closes_the_file(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(30))
    with watching(clip.path) as watcher:
        watcher.see(watcher.scrubber.ask(20).number)
    watcher.scrubber.close()

    assert not [thread for thread in threading.enumerate() if thread.name == "frames"]
    assert clips.open_files(tmp_path) == []


def test_what_fits_into_memory_is_gathered_once_wherever_one_jumps_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(96), clips.Recipe(options={"g": "24", "bf": "0"}))
    gather, gathered = Gatherer.gather, list[int]()
    begun, jumped, through = threading.Event(), threading.Event(), threading.Event()

    def watched(gatherer: Gatherer, index: int) -> Iterator[int]:
        for position in gather(gatherer, index):
            gathered.append(position)
            if len(gathered) == 10:
                begun.set()
                assert jumped.wait(PATIENCE_S)
            yield position
        through.set()

    monkeypatch.setattr(Gatherer, "gather", watched)
    with watching(clip.path) as watcher:
        watcher.see(watcher.scrubber.ask(30).number)
        assert begun.wait(PATIENCE_S)
        request = watcher.scrubber.ask(80)
        jumped.set()
        watcher.see(request.number)
        assert through.wait(PATIENCE_S)

    assert len(gathered) == len(set(gathered)) > 24
