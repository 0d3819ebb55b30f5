"""A camera on the network: MJPEG over HTTP as FFmpeg's mpjpeg muxer and most cheap cameras send it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from clips import Image, stamped

RATE_HZ = 30


class MjpegCamera:
    """Serves pictures with their number (modulo 256) stamped in, to everybody who asks, on a port of its own."""

    def __init__(self, port: int = 0, size: tuple[int, int] = (160, 120)) -> None:
        self.size = size
        self.sent = 0
        self._gone = threading.Event()
        self.silent = threading.Event()  # set: stays connected and sends nothing
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def unplug(self) -> None:
        """Break all connections off and take the port away."""
        self._gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=ffmpeg")
                self.end_headers()
                try:
                    for part in camera._parts():
                        self.wfile.write(part)
                except OSError:
                    pass  # the other side has gone

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler

    def _parts(self) -> Iterator[bytes]:
        while not self._gone.wait(1 / RATE_HZ):
            if not self.silent.is_set():
                yield part(stamped(self.sent % 256, *self.size))
                self.sent += 1


def part(image: Image) -> bytes:
    """Return one picture of the stream."""
    _, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 95])
    content = jpeg.tobytes()
    return b"--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: %d\r\n\r\n" % len(content) + content + b"\r\n"


@contextmanager
def mjpeg_camera(port: int = 0, size: tuple[int, int] = (160, 120)) -> Iterator[MjpegCamera]:
    """Plug a camera in for the time of the block."""
    camera = MjpegCamera(port, size)
    try:
        yield camera
    finally:
        camera.unplug()
