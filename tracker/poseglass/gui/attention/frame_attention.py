"""Between the attention inspector and the network: which frame is to be looked at, and where its maps are shown."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from poseglass.core.explain.requests import ExplanationAnswer, ExplanationRequest, FrameExplainer
from poseglass.core.plugins import make_estimator
from poseglass.core.store.document import Change
from poseglass.core.video.scrub import Shown
from poseglass.gui.attention.inspector import Inspector
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.selection import chosen_person
from poseglass.gui.shared.work import Work
from poseglass.types import MapName, Poses, Skeleton

KEPT_S = 0.4
"""Of video: so long a map stays over a playing picture until the next one comes. One look takes 0.1 to 0.2 s on two
cores; with less the map would flicker, with more it would lie beside the limb."""
SETTLE_MS = 400
"""After so long without another change of the network's settings it is loaded anew."""


class FrameAttention(QObject):
    """Runs at most one lookout, with the estimator that the Analyse panel is set to, loaded when first seen.

    Signals:
        failed(str, str): the network cannot be used; a sentence, and details for a report.
    """

    failed = pyqtSignal(str, str)
    _introduced = pyqtSignal(int, object, object)  # from the thread: which lookout, maps, skeleton
    _answered = pyqtSignal(int, object)

    def __init__(self, parts: Parts, inspector: Inspector, estimator: PluginBox) -> None:
        super().__init__(inspector)
        self._inspector, self._estimator = inspector, estimator
        self._canvas, self._frames, self._player = parts.canvas, parts.frames, parts.player
        self._project, self._selection = parts.project, parts.selection
        self._is_open = False
        self._want: tuple[MapName, ...] = ()
        self._skeleton = Skeleton(())
        self._shown: Shown | None = None
        self._answer: ExplanationAnswer | None = None
        self._asked: object = None  # what the last request was for
        self._lookout: FrameExplainer | None = None
        self._work: Work | None = None
        self._ending: list[Work] = []
        self._generation = 0  # of the lookout; what older ones still say is not heard
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._reload)
        self._connect()

    def set_open(self, is_open: bool) -> None:
        """Take the inspector as open or closed by the user; closed, nothing is computed and nothing shown."""
        if is_open != self._is_open:
            self._is_open = is_open
            self._wake()
            self._ask()
            self._show_map()

    def end(self) -> None:
        """End the thread and wait for it."""
        self._let_go()
        for work in self._ending:
            work.end()
        self._ending.clear()

    def _connect(self) -> None:
        self._introduced.connect(self._take_network)
        self._answered.connect(self._take_answer)
        self._inspector.wanted.connect(self._take_wish)
        for signal in (self._inspector.chosen, self._inspector.view_changed):
            signal.connect(self._show_map)
        self._frames.opened.connect(self._wake)
        self._frames.closed.connect(self._forget)
        self._frames.shown.connect(self._follow)
        self._player.playing_changed.connect(self._show_map)
        self._project.changed.connect(self._follow_results)
        for signal in (self._project.began, self._project.ended):
            signal.connect(self._offer_everybody)
        self._selection.person_changed.connect(self._ask)
        self._estimator.changed.connect(lambda: self._settle.start(SETTLE_MS))
        self._canvas.keypoint_clicked.connect(self._choose_keypoint)
        self._canvas.pointed.connect(self._inspector.show_cursor)

    def _wake(self) -> None:
        """Load the network if somebody looks."""
        if not self._is_open or self._work is not None or self._frames.info is None:
            return
        self._generation += 1
        number, name, options = self._generation, self._estimator.name, dict(self._estimator.values())
        self._lookout = lookout = FrameExplainer(
            lambda: make_estimator(name, options),
            lambda maps, skeleton: self._introduced.emit(number, maps, skeleton),
            lambda answer: self._answered.emit(number, answer),
        )
        self._work = Work(lambda _: lookout.run())
        self._work.failed.connect(self._fail)
        self._work.finished.connect(self._drop_ended)
        self._work.start()
        self._inspector.show_looked(None, self.tr("Loading the network …"))

    def _let_go(self) -> None:
        """Ask the lookout to end, hear nothing more of it, and wait for nothing."""
        self._generation += 1
        self._asked = self._answer = None
        if self._work is not None and self._lookout is not None:
            self._lookout.close()
            self._work.failed.disconnect(self._fail)
            self._ending.append(self._work)
        self._work = self._lookout = None
        self._inspector.set_maps((), None)

    def _drop_ended(self) -> None:
        for work in [work for work in self._ending if work.isFinished()]:
            self._ending.remove(work)

    def _reload(self) -> None:
        """Load a network anew whose settings have changed."""
        if self._work is not None:
            self._let_go()
            self._wake()

    def _take_network(self, number: int, maps: tuple[MapName, ...], skeleton: Skeleton) -> None:
        if number == self._generation:
            self._skeleton = skeleton
            self._inspector.show_looked(None)
            self._inspector.set_maps(maps, skeleton)
            self._choose_selected()

    def _take_wish(self, want: tuple[MapName, ...]) -> None:
        self._want = want
        if self._answer is not None and not set(want) <= set(self._answer.request.want):
            self._show_answer(None)
        self._ask()

    def _take_answer(self, number: int, answer: ExplanationAnswer) -> None:
        info = self._frames.info
        is_of_here = number == self._generation and info is not None and info.path == answer.request.video
        if is_of_here and set(self._want) <= set(answer.request.want):
            self._show_answer(answer)

    def _show_answer(self, answer: ExplanationAnswer | None) -> None:
        self._answer = answer
        if answer is None:
            self._inspector.show_looked(None)
        else:
            self._inspector.show_looked(answer.looked, self._note(answer), answer.request.stem)
        self._inspector.offer_analysis(answer is not None and answer.was_searched and not self._is_analysed())
        self._show_map()

    def _note(self, answer: ExplanationAnswer) -> str:
        if answer.looked is None and answer.request.person:
            text = self.tr("Person {1} is not in frame {0}: there is nothing to show.")
            return text.format(answer.request.frame, answer.request.person)
        if answer.looked is None:
            return self.tr("Nobody is seen in frame {0}: there is nothing to show.").format(answer.request.frame)
        if answer.was_searched:
            text = self.tr("Maps of frame {0}, which is not analysed yet: the person was looked for once.")
            return text.format(answer.request.frame)
        if answer.request.person:
            return self.tr("Maps of frame {0}, person {1}.").format(answer.request.frame, answer.request.person)
        return self.tr("Maps of frame {0}.").format(answer.request.frame)

    def _follow(self, shown: Shown) -> None:
        """Ask for the frame that is on the canvas now, and take away what belongs to another one."""
        self._shown = shown if shown.is_exact and shown.picture is not None else None
        self._ask()
        self._show_map()

    def _follow_results(self, change: Change) -> None:
        self._offer_everybody()
        if self._shown is not None and self._shown.index in change.frames:
            self._ask()

    def _offer_everybody(self) -> None:
        document = self._project.document
        self._inspector.offer_everybody(document is not None and len(document.tracks.shown_people) > 1)

    def _ask(self) -> None:
        """Ask for the maps of the frame on the canvas, unless that was the last thing asked."""
        shown, info = self._shown, self._frames.info
        if not (self._is_open and self._want and self._lookout and shown and info):
            return
        assert shown.picture is not None, "only frames with a picture are kept"
        poses, person = self._known_poses(shown.index), self._told_person()
        wish = shown.index, self._want, None if poses is None else poses.xy.tobytes(), person
        if wish != self._asked:
            self._asked = wish
            skeleton = self._project.document.skeleton if self._project.document is not None else None
            frame = info.path, shown.index, shown.time_s, shown.picture
            self._lookout.ask(ExplanationRequest(*frame, poses, self._want, skeleton, person))

    def _known_poses(self, frame: int) -> Poses | None:
        """Return the raw pose of the chosen person, all missing where nobody is; None where nobody has looked yet."""
        document = self._project.document
        if document is None or not document.tracks.analysed[frame]:
            return None
        if not document.tracks.shown_people:
            return Poses.missing(len(document.skeleton))
        return document.tracks.raw(chosen_person(self._selection, document.tracks), range(frame, frame + 1)).poses(0)

    def _told_person(self) -> str:
        """Return what the chosen person is called, to be said where there are several."""
        document = self._project.document
        if document is None or len(document.tracks.shown_people) < 2:
            return ""
        return document.tracks.label(chosen_person(self._selection, document.tracks))

    def _is_analysed(self) -> bool:
        document = self._project.document
        return document is not None and self._shown is not None and bool(document.tracks.analysed[self._shown.index])

    def _show_map(self) -> None:
        """Lay the chosen map over the picture that it belongs to; over no other one that stands still."""
        choice, looked = self._inspector.choice, self._answer.looked if self._answer else None
        if not self._is_open or choice is None or looked is None or choice.name not in looked.names or not self._fits():
            self._canvas.show_map(None)
        else:
            self._canvas.show_map(looked.layer(choice, self._inspector.view))

    def _fits(self) -> bool:
        if self._answer is None or self._shown is None:
            return False
        request = self._answer.request
        late_s = abs(self._shown.time_s - request.time_s)
        return self._shown.index == request.frame or (self._player.is_playing and late_s <= KEPT_S)

    def _choose_keypoint(self, _person: str, keypoint: int) -> None:
        """Show the keypoint of that name: results may be another network's."""
        names = self._canvas.skeleton.names
        if keypoint < len(names) and names[keypoint] in self._skeleton.names:
            self._inspector.choose_keypoint(self._skeleton.names.index(names[keypoint]))

    def _choose_selected(self) -> None:
        for keypoint in sorted(self._selection.keypoints)[:1]:
            self._choose_keypoint(self._selection.person, keypoint)

    def _forget(self) -> None:
        """Keep nothing of a video that was closed."""
        self._shown = self._asked = None
        self._show_answer(None)

    def _fail(self, why: str, details: str) -> None:
        self._let_go()
        self._inspector.show_looked(None, why)
        self.failed.emit(why, details)
