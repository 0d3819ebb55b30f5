"""A file that only grows, record by record, each checked: what is torn at its end is noticed and left out.

A record is its length and CRC-32 (little-endian, 4 bytes each), then an archive.
"""

from __future__ import annotations

import io
import os
import queue
import struct
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from poseglass.core.files.archive import Arrays, DamagedError, read_archive, write_archive

Record = tuple[Mapping[str, object], Arrays]
"""JSON, and arrays that nobody changes any more."""

HEAD = struct.Struct("<II")
GATHER_S = 0.4
"""How long records are gathered before they are written together: well under the second that a crash may cost."""
RETRY_S = 5.0
"""How often writing is tried again while a disk is full."""


def read_first(path: Path) -> Record | None:
    """Return the first record alone, None where it is torn. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD.size)
        if len(head) < HEAD.size:
            return None
        length, crc = HEAD.unpack(head)
        payload = file.read(length)
    if len(payload) < length or zlib.crc32(payload) != crc:
        return None
    try:
        return read_archive(io.BytesIO(payload))
    except DamagedError:
        return None


def read_records(path: Path) -> tuple[list[Record], int]:
    """Return the whole records, and how many bytes they take; what follows them is torn. Raises OSError."""
    content = path.read_bytes()
    records: list[Record] = []
    place = 0
    while place + HEAD.size <= len(content):
        length, crc = HEAD.unpack_from(content, place)
        payload = content[place + HEAD.size : place + HEAD.size + length]
        if len(payload) < length or zlib.crc32(payload) != crc:
            break
        try:
            records.append(read_archive(io.BytesIO(payload)))
        except DamagedError:
            break
        place += HEAD.size + length
    return records, place


class RecordWriter:
    """Writes records in a thread of its own, so that nobody waits for the disk.

    What cannot be written is kept and tried again; `trouble` says so once.
    """

    def __init__(self, path: Path, keep: int, gather: Callable[[Sequence[Record]], Sequence[Record]]) -> None:
        """Go on after the first `keep` bytes of a file, whether it is there or not.

        gather: joins records that were put one after the other.
        """
        self._path, self._length, self._gather = path, keep, gather
        self._waiting: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Have a record written soon; never waits."""
        self._waiting.put(record)

    def trouble(self) -> str | None:
        """Return, once, why records cannot be written."""
        with self._lock:
            trouble, self._trouble = self._trouble, None
        return trouble

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._stop.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        backlog: list[Record] = []
        is_failing = is_over = False
        while not is_over:
            is_over = self._collect(backlog, RETRY_S if is_failing else None)
            try:
                self._write(b"".join(_encode(record) for record in self._gather(backlog)))
                backlog, is_failing = [], False
            except OSError as error:
                if not is_failing:
                    self._report(error)
                is_failing = True

    def _collect(self, backlog: list[Record], timeout: float | None) -> bool:
        """Wait for records, a little longer for more of them, and add them to what waits; return whether to end."""
        try:
            records = [self._waiting.get(timeout=timeout)]
        except queue.Empty:
            return False
        self._stop.wait(GATHER_S)
        while not self._waiting.empty():
            records.append(self._waiting.get())
        backlog += [record for record in records if record is not None]
        return None in records

    def _write(self, content: bytes) -> None:
        """Append, or leave the file as it was."""
        if not content:
            return
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.truncate(self._length)  # what a failed write, or a crash, left
            file.seek(self._length)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._length += len(content)

    def _report(self, error: OSError) -> None:
        with self._lock:
            self._trouble = (
                f"{self._path}: the journal cannot be written ({error.strerror or error}); "
                "work goes on, but a crash would lose it: make room, or save the session elsewhere"
            )


def _encode(record: Record) -> bytes:
    buffer = io.BytesIO()
    write_archive(buffer, *record)
    payload = buffer.getvalue()
    return HEAD.pack(len(payload), zlib.crc32(payload)) + payload
