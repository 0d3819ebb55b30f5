"""The poses of a live recording, put into the document when its video is opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.live_recording import LiveRecording, is_recording, read_recording
from poseglass.errors import PoseglassError
from poseglass.gui.project import Project
from poseglass.gui.work import Work
from poseglass.types import Poses


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
        self._work: Work | None = None
        project.began.connect(self._look)
        project.ended.connect(self.end)

    def end(self) -> None:
        """Stop reading and wait."""
        if self._work is not None:
            self._work.end()
            self._work.deleteLater()
            self._work = None

    def _look(self) -> None:
        self.end()
        document = self._project.document
        if document is not None and is_recording(document.footage.path):
            path: Path = document.footage.path
            self._work = Work(lambda _: read_recording(path), self)
            self._work.done.connect(self._take)
            self._work.failed.connect(self.failed)
            self._work.start()

    def _take(self, recording: LiveRecording) -> None:
        document, track = self._project.document, recording.track
        if document is None or document.people or len(document.skeleton):
            return
        name, frames = recording.video.path.name, np.flatnonzero(recording.is_inferred).tolist()
        if track is None or recording.skeleton is None or not frames:
            self.said.emit(self.tr("{0} was recorded without poses; Analyse finds them.").format(name))
            return
        try:
            document.take_skeleton(recording.skeleton)
        except PoseglassError as error:
            self.failed.emit(str(error), "")
            return
        document.facts = [recording.index.facts]
        for i in frames:
            document.arrivals.put(i, Poses(track.xy[i : i + 1], track.score[i : i + 1], track.covariance[i : i + 1]))
        self._project.is_complete = len(frames) == recording.video.n_frames
        self._project.expect_arrivals(expected=False)
        text = self.tr("{0} has the poses of {1} of its {2} frames from the recording.")
        if not self._project.is_complete:
            text += " " + self.tr("Analyse looks at every frame.")
        self.said.emit(text.format(name, len(frames), recording.video.n_frames))
