"""A camera on the network that speaks RTSP (RFC 2326) over one TCP connection and sends H.264, as IP cameras do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import cast

import av
from av.video.stream import VideoStream

from clips import HEIGHT, WIDTH, stamped

RATE_HZ = 30
SDP = "\r\n".join(
    (
        *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=test", "t=0 0"),
        *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:0", ""),
    )
)


class RtspCamera:
    """Serves one client at a time with pictures whose number (modulo 256) is stamped in."""

    def __init__(self) -> None:
        self._gone = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self.port = self._listener.getsockname()[1]
        self.requests: list[str] = []
        self.sent = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream"

    def unplug(self) -> None:
        """Break the connection off and take the port away."""
        self._gone.set()
        for one in (self._listener, self._client):
            if one is not None:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # unplugged
            self._client, _ = self._listener.accept()
            with self._client, self._client.makefile("rb") as lines:
                self._talk(self._client, (line.decode().rstrip() for line in lines))

    def _talk(self, client: socket.socket, lines: Iterator[str]) -> None:
        for line in lines:
            method, number = line.split()[0], "0"
            self.requests.append(line)
            while header := next(lines):
                self.requests.append(header)
                number = header.split()[1] if header.lower().startswith("cseq") else number
            client.sendall(_answer(method, number).encode())
            if method == "PLAY":
                self._play(client)
                return

    def _play(self, client: socket.socket) -> None:
        """Let FFmpeg pack the stream into RTP datagrams, and pass each on inside the connection."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
            packets.bind(("127.0.0.1", 0))
            packets.setblocking(False)
            with av.open(f"rtp://127.0.0.1:{packets.getsockname()[1]}", "w", format="rtp") as container:
                stream = cast(VideoStream, container.add_stream("libx264", rate=RATE_HZ))
                stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
                stream.options = {"tune": "zerolatency", "g": "10"}
                while not self._gone.wait(1 / RATE_HZ):
                    frame = av.VideoFrame.from_ndarray(stamped(self.sent % 256))
                    frame.pts, frame.time_base = self.sent, Fraction(1, RATE_HZ)
                    container.mux(stream.encode(frame))
                    self.sent += 1
                    with suppress(BlockingIOError):
                        while datagram := packets.recv(65536):
                            client.sendall(b"$\0" + len(datagram).to_bytes(2, "big") + datagram)


def _answer(method: str, number: str) -> str:
    head = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n"
    if method == "OPTIONS":
        return head + "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n"
    if method == "DESCRIBE":
        return head + f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
    if method == "SETUP":
        return head + "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
    return head + "Session: 1\r\n\r\n"


@contextmanager
def rtsp_camera() -> Iterator[RtspCamera]:
    """Plug a camera in for the time of the block."""
    camera = RtspCamera()
    try:
        yield camera
    finally:
        camera.unplug()
