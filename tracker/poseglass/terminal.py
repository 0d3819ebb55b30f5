"""What the command line has around it: a terminal, a pipe or a file to write to, and Ctrl-C."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from tqdm import tqdm

from poseglass.names import shown


def prepare_streams() -> None:
    """Let signs that a terminal does not have be printed as escapes; also bytes in names that are no text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def prepare_logging() -> None:
    """Log warnings to stderr, a line each, whatever the names in them."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _OneLine(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        return f"poseglass: {shown(record.message)}"


def say(text: str) -> None:
    """Print on stdout. Where nobody reads any more, as after `| head -1`, work goes on."""
    _print(text, sys.stdout)


def complain(text: str) -> None:
    """Print on stderr, as `say` does on stdout."""
    _print(text, sys.stderr)


def finish_streams() -> None:
    """Write out what is left, as argparse's help, which is longer than a pipe that closes may take."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                _silence(stream)


def _print(text: str, stream: TextIO | None) -> None:
    if stream is None:  # the shell has closed it
        return
    try:
        print(text, file=stream, flush=True)
    except OSError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Send what is still to come nowhere, also what Python itself writes at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    stream.flush()


@contextmanager
def progress() -> Iterator[tuple[Callable[[int, int], None], Callable[[], bool]]]:
    """Show frames done and expected on a terminal; yield what a job tells of them, and asks whether to stop."""
    with _stop_on_interrupt() as should_stop, tqdm(unit="frame", disable=_is_quiet(), dynamic_ncols=True) as bar:

        def watch(done: int, expected: int) -> None:
            bar.total = expected
            bar.update(done - bar.n)

        yield watch, should_stop


def _is_quiet() -> bool:
    return sys.stderr is None or not sys.stderr.isatty()


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C ask for an orderly end; the second interrupts at once."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
