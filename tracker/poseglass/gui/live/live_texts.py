"""What the live panel says, from the live state: texts and colours, no widgets."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from poseglass.core.live.camera_modes import Mode
from poseglass.core.live.capture import Signal, SignalState
from poseglass.core.live.latency import Spread
from poseglass.core.live.live import LiveStatus
from poseglass.core.live.recorder import RecorderStatus

GREEN, AMBER, RED, GREY = "#2e9e4f", "#d08700", "#d64545", "#808080"
"""Seen on light and on dark ground (contrast 3:1 and more with both); the text beside them says the same."""
COLOURS = {
    SignalState.LIVE: GREEN,
    SignalState.OPENING: AMBER,
    SignalState.NO_SIGNAL: RED,
    SignalState.CLOSED: GREY,
}


def tr(text: str) -> str:
    """Translate a text of the live panel."""
    return QCoreApplication.translate("Live", text)


def mode_text(mode: Mode) -> str:
    """Say a camera's mode."""
    return tr("{width} x {height}, {rate} a second").format(width=mode.width, height=mode.height, rate=f"{mode.rate:g}")


def signal_text(signal: Signal, size: tuple[int, int] | None, now_s: float) -> str:
    """Say whether pictures come, in a few words."""
    if signal.state is SignalState.LIVE:
        return tr("Live") if size is None else tr("Live, {width} x {height}").format(width=size[0], height=size[1])
    if signal.state is SignalState.OPENING:
        return tr("Opening ...")
    if signal.state is SignalState.CLOSED:
        return tr("Stopped")
    left_s = 0 if signal.retry_at_s is None else max(0, round(signal.retry_at_s - now_s))
    if left_s == 0:
        return tr("No signal, trying again now")
    return tr("No signal, trying again in {seconds} s").format(seconds=left_s)


def spread_texts(spread: Spread | None) -> tuple[str, str]:
    """Say the middle and the slow end in milliseconds."""
    if spread is None:
        return "-", "-"
    return tr("{ms} ms").format(ms=round(spread.median_s * 1000)), tr("{ms} ms").format(ms=round(spread.p95_s * 1000))


def rates_text(status: LiveStatus) -> str:
    """Say how many pictures a second there are at each station."""
    latency = status.latency
    return tr("Pictures a second: camera {camera}, network {network}, screen {screen}").format(
        camera=f"{latency.captured_hz:.1f}", network=f"{latency.inferred_hz:.1f}", screen=f"{latency.painted_hz:.1f}"
    )


def drops_text(status: LiveStatus) -> str:
    """Say how many pictures were left out, and where."""
    text = tr("Left out: {network} of {all} before the network, {screen} before the screen").format(
        network=status.dropped_before_inference, all=status.captured, screen=status.dropped_before_paint
    )
    if status.recording is not None:
        text += tr(", {count} of the recording").format(count=status.recording.dropped)
    return text


def recording_text(recording: RecorderStatus | None) -> str:
    """Say how long and how large the recording is."""
    if recording is None:
        return tr("Not recording")
    minutes, seconds = divmod(int(recording.elapsed_s), 60)
    extent = f"{minutes}:{seconds:02d}, {recording.bytes_written / 1e6:.1f} MB"
    if recording.is_running:
        return f'<span style="color:{RED}">\u25cf</span> ' + tr("Recording {extent}").format(extent=extent)
    return tr("Recorded {extent}").format(extent=extent)


def device_text(status: LiveStatus) -> str:
    """Say on what the network computes, and why on that."""
    if status.skeleton is None:
        return "" if status.problem else tr("The network is loading ...")
    device, reason = status.facts.get("device", ""), status.facts.get("device_reason", "")
    return tr("Network on {device} ({reason})").format(device=device, reason=reason) if device else ""


def trouble_text(status: LiveStatus) -> str:
    """Say all that is wrong, a line each; empty when nothing is."""
    recording = status.recording.problem if status.recording else ""
    signal = status.signal.reason if status.signal.state is SignalState.NO_SIGNAL else ""
    return "\n".join(line for line in (signal, status.problem, recording) if line)
