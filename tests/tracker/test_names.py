import pytest

from poseglass.errors import OutputError
from poseglass.names import is_address, shown, shown_address, without_secrets


@pytest.mark.parametrize(
    ("name", "as_shown"),
    [
        ("walk.mp4", "walk.mp4"),
        ("läuft 跑 🏃‍♀️.mp4", "läuft 跑 🏃‍♀️.mp4"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("line\u2028paragraph\u2029next\x85", r"line\u2028paragraph\u2029next\x85"),
        ("exe\u202egpj.mp4", r"exe\u202egpj.mp4"),
        ("latin-1 \udce9", r"latin-1 \udce9"),
    ],
)
def test_a_name_is_shown_on_one_line_and_harmless(name: str, as_shown: str):
    assert shown(name) == as_shown


def test_messages_show_names_harmlessly():
    assert str(OutputError("a\nb: cannot be written")) == r"a\nb: cannot be written"


@pytest.mark.parametrize(
    ("address", "as_shown"),
    [
        ("rtsp://192.168.0.20/stream", "rtsp://192.168.0.20"),
        ("  RTSP://cam.local:554/h264 ", "rtsp://cam.local:554"),
        ("http://[fe80::1]:8080/video", "http://[fe80::1]:8080"),
        ("rtsp://admin:hunter2@cam:554/x", "rtsp://cam:554"),
        ("rtsp://admin:hun@ter2@cam:554/x", "rtsp://cam:554"),
        ("rtsp://hunter2@cam", "rtsp://cam"),
        ("http://cam/user=admin&password=hunter2&channel=1", "http://cam"),
        ("http://cam/v?pwd=hunter2", "http://cam"),
        ("http://cam?pwd=hunter2", "http://cam"),
        ("http://cam/v#token=hunter2", "http://cam"),
        ("rtps://admin:hunter2@cam/x", "rtps://cam"),
        ("rtsp://admin:hun#ter2@cam/x", "rtsp://..."),
        ("rtsp://admin:hun/ter2@cam/x", "rtsp://..."),
        ("rtsp://admin:hun?ter2@cam/x", "rtsp://..."),
        ("rtsp://admin:hun\\ter2@cam/x", "rtsp://..."),
        ("rtsp://admin:123/hunter2@cam/x", "rtsp://..."),
        ("rtsp://admin:hunter2", "rtsp://..."),
        ("rtsp://admin:hun ter2@cam/x", "rtsp://cam"),
        ("rtsp://admin hunter2/x", "rtsp://..."),
        ("rtsp://", "rtsp://..."),
        ("admin:hunter2@cam/x", "..."),
        ("", "..."),
    ],
)
def test_an_address_is_shown_without_whatever_may_be_secret(address: str, as_shown: str):
    assert shown_address(address) == as_shown


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("walk.mp4", "walk.mp4"),
        ("rtsp://a:b@cam/x", "rtsp://cam"),
        ("detector.url=http://a:b@cam/x y", "detector.url=http://cam"),
    ],
)
def test_a_word_of_a_command_line_is_kept_without_secrets(word: str, kept: str):
    assert without_secrets(word) == kept


@pytest.mark.parametrize(("text", "is_one"), [("rtsp://cam/x", True), ("camera:1.mp4", False), ("C:/a//b.mp4", False)])
def test_addresses_are_told_from_files(text: str, is_one: bool):
    assert is_address(text) is is_one
