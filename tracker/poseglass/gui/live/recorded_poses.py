"""The poses of a live recording, put into the document when its video is opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from poseglass.core.live.live_recording import LiveRecording, is_recording, read_recording
from poseglass.core.store.coverage import NOBODY_KNOWS
from poseglass.errors import PoseglassError
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.work import Runner
from poseglass.names import shown

PORTION = 200
"""Frames put into the document at once: some 15 ms, so that the window goes on while an hour's poses come in."""


class RecordedPoses(QObject):
    """Looks beside every video that is opened. A document that has results already keeps them.

    Signals:
        said(str): what was found; a sentence.
        failed(str, str): the index cannot be read; a sentence, and details for a report. The video is open without it.
    """

    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._runner = Runner()
        self._runner.done.connect(self._take)
        self._runner.failed.connect(self.failed)
        self._recording: LiveRecording | None = None  # on its way into the document, portion by portion
        self._portions: Iterator[NDArray[np.intp]] = iter(())
        self._facts = NOBODY_KNOWS
        self._found = ""
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self._put_portion)
        project.began.connect(self._look)
        project.ended.connect(self.end)

    def end(self) -> None:
        """Stop reading and wait."""
        self._ticker.stop()
        self._recording = None
        self._runner.end()

    def _look(self) -> None:
        self.end()
        document = self._project.document
        if document is not None and is_recording(document.footage.path):
            path: Path = document.footage.path
            self._runner.start(lambda _: read_recording(path))

    def _take(self, recording: LiveRecording) -> None:
        document = self._project.document
        if document is None or document.tracks.people or len(document.skeleton):
            return
        frames = recording.inferred
        if recording.skeleton is None or not len(frames):
            text = self.tr("{0} was recorded without poses; Analyse finds them.")
            self.said.emit(text.format(shown(recording.video.path.name)))
            return
        try:
            document.take_skeleton(recording.skeleton)
        except PoseglassError as error:
            self.failed.emit(str(error), "")
            return
        self._facts = recording.index.facts
        self._portions = iter(np.array_split(frames, -(-len(frames) // PORTION)))
        self._recording, self._found = recording, self._sentence(recording, len(frames))
        document.want(document.tracks.frames)
        self._ticker.start(0)

    def _put_portion(self) -> None:
        """Put some poses into the document, and smooth when all are there."""
        document, recording = self._project.document, self._recording
        frames = next(self._portions, None)
        if frames is None or document is None or recording is None:
            self._ticker.stop()
            self._recording = None
            self._project.take_arrivals()
            self._project.smooth()
            self.said.emit(self._found)
            return
        for i in frames.tolist():
            found = recording.everybody[i]
            assert found is not None, "only frames that the network looked at"
            document.arrivals.put(i, found.poses, found.people, self._facts)
        self._project.take_arrivals()

    def _sentence(self, recording: LiveRecording, found: int) -> str:
        text = self.tr("{0} has the poses of {1} of its {2} frames from the recording.")
        if found < recording.video.n_frames:
            text += " " + self.tr("Analyse looks at every frame.")
        return text.format(recording.video.path.name, found, recording.video.n_frames)
