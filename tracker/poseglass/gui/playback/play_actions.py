"""Actions that move the video."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from poseglass.gui.playback.player import Player
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.icons import icon

MANY = 10
"""Frames that Shift makes of one step."""


def add_play_actions(actions: Actions, player: Player) -> None:
    """Add the Play menu."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Play", text)

    menu = tr("&Play")

    def row(name: str, text: str, keys: tuple[str, ...], picture: str, tip: str = "", group: int = 0) -> Row:
        return Row(f"play.{name}", text, menu, keys, tip, picture, group=group, needs="video")

    toggle = actions.add(row("toggle", tr("&Play or pause"), ("Space",), "play"), player.toggle)
    actions.add(row("fast_back", tr("Play &backward, again: faster"), ("J",), ""), lambda: player.shuttle(-1))
    actions.add(row("pause", tr("P&ause"), ("K",), ""), player.pause)
    actions.add(row("fast_forward", tr("Play &forward, again: faster"), ("L",), ""), lambda: player.shuttle(1))
    steps = (
        ("back", tr("Frame back"), ("Left",), "step_back", -1),
        ("forward", tr("Frame forward"), ("Right",), "step_forward", 1),
        ("back_many", tr("{0} frames back").format(MANY), ("Shift+Left",), "", -MANY),
        ("forward_many", tr("{0} frames forward").format(MANY), ("Shift+Right",), "", MANY),
    )
    for name, text, keys, picture, count in steps:
        actions.add(row(name, text, keys, picture, group=1), lambda count=count: player.step(count))
    actions.add(row("start", tr("To the &first frame"), ("Home",), "start", group=1), lambda: player.jump(0))
    actions.add(
        row("end", tr("To the &last frame"), ("End",), "end", group=1), lambda: player.jump(player.n_frames - 1)
    )
    tip = tr("Begin the range here: of looping, analysing and exporting")
    actions.add(row("mark_in", tr("Mark &in"), ("I",), "mark_in", tip, group=2), player.mark_in)
    tip = tr("End the range here: of looping, analysing and exporting")
    actions.add(row("mark_out", tr("Mark &out"), ("O",), "mark_out", tip, group=2), player.mark_out)
    actions.add(row("clear_marks", tr("&Clear marks"), ("Shift+X",), "", group=2), player.clear_marks)
    tip = tr("Repeat the range between the marks, or the whole video")
    loop = Row("play.loop", tr("L&oop"), menu, ("Ctrl+L",), tip, "loop", checkable=True, group=2, needs="video")
    actions.add(loop, player.set_looping)
    player.looping_changed.connect(actions["play.loop"].setChecked)
    player.playing_changed.connect(
        lambda playing: toggle.setIcon(icon("pause" if playing else "play", toggle.parent().palette()))  # type: ignore[union-attr]  # the window
    )
