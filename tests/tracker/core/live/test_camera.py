import struct
import sys
import threading
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

import clips
from mjpeg import mjpeg_camera
from poseglass.core.live.camera import DSHOW_BUFFER, Camera, CameraSource, cameras, option_sets
from poseglass.core.live.camera_modes import USUAL, Mode, best_of, driver_modes, modes_of
from poseglass.core.live.camera_opencv import opencv_pictures
from poseglass.core.live.file_as_live import FileAsLive
from poseglass.core.live.pace import now_s
from poseglass.core.live.stream_source import StreamSource
from poseglass.errors import SourceError
from rtsp import rtsp_camera
from waiting import until


class Driver:
    """A camera's driver as the kernel shows it: answers by number, then none."""

    def __init__(self, modes: dict[bytes, dict[tuple[int, int], list[tuple[int, int]]]]) -> None:
        self._modes = modes

    def __call__(self, request: int, form: bytearray) -> bool:
        assert len(form) == request >> 16 & 0x3FFF
        question = {2: self._formats, 74: self._sizes, 75: self._rates}[request & 0xFF]
        return question(struct.unpack_from("=I", form)[0], form)

    def _formats(self, number: int, form: bytearray) -> bool:
        if number < len(self._modes):
            form[44:48] = list(self._modes)[number]
        return number < len(self._modes)

    def _sizes(self, number: int, form: bytearray) -> bool:
        sizes = list(self._modes[bytes(form[4:8])])
        if number < len(sizes):
            struct.pack_into("=3I", form, 8, 1, *sizes[number])
        return number < len(sizes)

    def _rates(self, number: int, form: bytearray) -> bool:
        gaps = self._modes[bytes(form[4:8])][struct.unpack_from("=2I", form, 8)]
        if number < len(gaps):
            struct.pack_into("=3I", form, 16, 1, *gaps[number])
        return number < len(gaps)


def test_a_driver_tells_its_modes_and_the_uncompressed_is_preferred():
    driver = Driver({
        b"YUYV": {(640, 480): [(1, 30), (1, 15)], (1280, 720): [(1, 10)]},
        b"MJPG": {(640, 480): [(1, 30)], (1280, 720): [(1, 30)], (1920, 1080): [(1001, 30000)]},
        b"H264": {(1920, 1080): [(1, 60)]},
    })  # fmt: skip

    assert best_of(driver_modes(driver)) == (
        Mode(1920, 1080, 29.97, is_compressed=True),
        Mode(1280, 720, 30, is_compressed=True),
        Mode(1280, 720, 10),
        Mode(640, 480, 30),
        Mode(640, 480, 15),
    )


def test_of_a_range_of_sizes_the_usual_ones_are_offered():
    def driver(request: int, form: bytearray) -> bool:
        number = struct.unpack_from("=I", form)[0]
        if request & 0xFF == 2:
            form[44:48] = b"YUYV"
        elif request & 0xFF == 74:
            struct.pack_into("=7I", form, 8, 3, 32, 1280, 2, 32, 720, 2)
        else:
            struct.pack_into("=7I", form, 16, 3, 1, 60, 1, 1, 1, 1)
        return number == 0

    assert best_of(driver_modes(driver)) == (Mode(1280, 720, 60), Mode(640, 480, 60))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks a Linux driver")
def test_what_is_no_camera_has_no_modes():
    assert modes_of("/dev/null") == ()
    assert modes_of("/dev/there-is-none") == ()


def test_listing_cameras_works_without_any():
    assert isinstance(cameras(), tuple)


@pytest.mark.parametrize(("system", "name"), [("v4l2", "input_format"), ("dshow", "vcodec")])
def test_options_fall_back_from_the_mode_to_the_cameras_own(system: str, name: str):
    own = {"rtbufsize": DSHOW_BUFFER} if system == "dshow" else {}
    size = own | {"video_size": "1280x720", "framerate": "30"}

    assert list(option_sets(Mode(1280, 720, 30.0, is_compressed=True), system)) == [size | {name: "mjpeg"}, size, own]
    assert list(option_sets(None, system)) == [own]


def test_avfoundation_is_always_told_a_rate_and_never_a_format():
    sets = list(option_sets(Mode(1280, 720, 29.97, is_compressed=True), "avfoundation"))

    assert sets[0] == {"video_size": "1280x720", "framerate": "29.97"}
    assert {"framerate": "30"} in sets
    assert not any("input_format" in options for options in sets)


def test_a_camera_that_is_not_there_is_told_in_a_sentence():
    source = CameraSource(Camera("FaceCam", "/dev/there-is-none", USUAL, number=99), USUAL[0])
    with pytest.raises(SourceError, match=r"FaceCam: .*plugged in"):
        next(source.arrivals(threading.Event()))


def test_opencv_reads_the_same_pictures_in_rgb(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(5))
    stop = threading.Event()
    asked: list[int] = []

    def open_file(number: int) -> cv2.VideoCapture:
        asked.append(number)
        return cv2.VideoCapture(str(clip.path))

    with closing(opencv_pictures(3, Mode(160, 120, 25, is_compressed=True), "cam", stop, open_file)) as arrivals:
        found = list(islice(arrivals, 5))

        assert [clips.stamped_index(image) for _, image in found] == clip.indices
        assert asked == [3]
        stripe = found[0][1][100, 100].astype(int)
        assert abs(stripe - clips.stamped(0)[100, 100].astype(int)).max() < 20
        with pytest.raises(SourceError, match="delivers no more"):
            next(arrivals)


def test_opencv_says_that_a_camera_cannot_be_opened(tmp_path: Path):
    def open_nothing(number: int) -> cv2.VideoCapture:
        return cv2.VideoCapture(str(tmp_path / "none.mp4"))

    with pytest.raises(SourceError, match="cam: cannot be opened"):
        next(opencv_pictures(0, None, "cam", threading.Event(), open_nothing))


def test_a_file_as_live_comes_at_its_own_pace(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.variable(12))
    began_s = now_s()
    found = list(FileAsLive(clip.path).arrivals(threading.Event()))
    stamps = np.array([arrived_s for arrived_s, _ in found])

    assert [clips.stamped_index(image) for _, image in found] == clip.indices
    assert stamps[0] >= began_s
    assert np.all(stamps - stamps[0] >= [float(time_s) - 0.02 for time_s in clip.times_s])


def test_a_file_as_live_stops_at_once_even_in_a_long_gap(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", [0, 60000])
    stop = threading.Event()
    arrivals = FileAsLive(clip.path).arrivals(stop)
    next(arrivals)
    threading.Timer(0.05, stop.set).start()
    began_s = now_s()
    list(arrivals)

    assert now_s() - began_s < 5


def test_a_file_that_is_none_is_told_in_its_own_words(tmp_path: Path):
    with pytest.raises(SourceError, match="no such file"):
        next(FileAsLive(tmp_path / "gone.mp4").arrivals(threading.Event()))


def test_a_stream_from_the_network_comes_as_it_is_sent():
    with mjpeg_camera() as camera:
        stop = threading.Event()
        with closing(StreamSource(camera.url).arrivals(stop)) as arrivals:
            found = list(islice(arrivals, 20))
            fresh = clips.stamped_index(next(arrivals)[1])

            assert camera.sent - fresh <= 3  # nothing piles up on the way
    numbers = [clips.stamped_index(image) for _, image in found]
    assert numbers == list(range(numbers[0], numbers[0] + 20))
    assert found[-1][0] - found[0][0] > 0.3
    np.testing.assert_allclose(found[0][1].mean(axis=(0, 1)), clips.stamped(numbers[0]).mean(axis=(0, 1)), atol=6)


def test_an_rtsp_camera_is_watched_over_tcp_without_delay():
    with rtsp_camera() as camera, closing(StreamSource(camera.url).arrivals(threading.Event())) as arrivals:
        numbers = [clips.stamped_index(image) for _, image in islice(arrivals, 40)]

        assert numbers == list(range(numbers[0], numbers[0] + 40))
        assert camera.sent - numbers[-1] <= 4  # pictures: a few on the way, none held back
        assert any("RTP/AVP/TCP" in line for line in camera.requests)


def test_an_rtsp_camera_that_is_unplugged_ends_in_a_sentence():
    with rtsp_camera() as camera:
        arrivals = StreamSource(camera.url).arrivals(threading.Event())
        next(arrivals)
        camera.unplug()
        with suppress(SourceError):  # the end of a connection is told either way
            list(arrivals)


def test_a_stream_that_breaks_off_ends_in_a_sentence():
    with mjpeg_camera() as camera:
        arrivals = StreamSource(camera.url).arrivals(threading.Event())
        next(arrivals)
        camera.unplug()
        with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
            list(arrivals)


def test_a_stream_that_goes_silent_gives_up_by_itself():
    with mjpeg_camera() as camera:
        arrivals = StreamSource(camera.url).arrivals(threading.Event())
        next(arrivals)
        camera.silent.set()
        with pytest.raises(SourceError, match="no data comes"):
            list(arrivals)


def test_a_stream_with_an_end_is_played_at_its_own_speed(tmp_path: Path):
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    clip = clips.write(tmp_path / "clip.mp4", clips.constant(15))

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path))  # type: ignore[arg-type]

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        source = StreamSource(f"http://127.0.0.1:{server.server_port}/{clip.path.name}")
        found = list(source.arrivals(threading.Event()))
        server.shutdown()

    assert [clips.stamped_index(image) for _, image in found] == clip.indices
    assert found[-1][0] - found[0][0] >= float(clip.times_s[-1]) - 0.02


def test_nobody_there_is_told_with_the_address_but_without_the_password():
    with mjpeg_camera() as camera:
        port = camera.port
    source = StreamSource(f"http://me:secret@127.0.0.1:{port}/video?token=secret")

    assert source.name == f"http://127.0.0.1:{port}"
    with pytest.raises(SourceError, match="refused") as told:
        next(source.arrivals(threading.Event()))
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    ["", "camera", "file:///etc/passwd", "rtsp://", "http://[bad", "rtps://admin:hunter2@cam/x",
     "admin:hunter2@cam/x", "rtsp://cam/hunter2\x00x", "rtsp://cam/hunter2\udcff"],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(url: str):
    with pytest.raises(SourceError, match="not an address") as told:
        StreamSource(url)

    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("sign", "/#?")
def test_a_password_that_hides_the_host_is_told_and_not_shown(sign: str):
    with pytest.raises(SourceError, match=r"rtsp://\.\.\.: its host cannot be told from its password") as told:
        StreamSource(f"rtsp://admin:hun{sign}ter2@cam/x")

    assert "hun" not in str(told.value)
    assert "ter2" not in str(told.value)


def test_secrets_are_in_no_name_and_no_report_of_a_source():
    source = StreamSource("http://cam:8080/user=admin&password=hunter2")

    assert source.name == "http://cam:8080"
    assert "hunter2" not in repr(source)
    assert StreamSource("http://cam/view@2x").name == "http://..."  # what follows the @ may be the host


def test_closing_a_stream_leaves_no_connection():
    with mjpeg_camera() as camera:
        before = set(threading.enumerate())
        arrivals = StreamSource(camera.url).arrivals(threading.Event())
        next(arrivals)
        arrivals.close()
        until(lambda: set(threading.enumerate()) <= before)
