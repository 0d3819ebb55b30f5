import threading
from itertools import islice

import av
import pytest
from av.bitstream import BitStreamFilterContext

from clips import KINDS, Recipe, constant, stamped_index, write
from poseglass.core.live.live_source import pictures


def first_pictures(path, n):
    with av.open(path) as container:
        return [image for _, image in islice(pictures(container, "a camera", threading.Event()), n)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "rotated" in kind or "mirror" in kind or "hair" in kind])
def test_live_pictures_are_as_upright_as_those_of_files(tmp_path, kind):
    clip = KINDS[kind](tmp_path)

    assert [stamped_index(image) for image in first_pictures(clip.path, 3)] == [0, 1, 2]


def test_a_picture_that_says_nothing_is_turned_as_the_one_before(tmp_path):
    recipe = Recipe(rotation=90, is_mirrored=True, options={"g": "12", "bf": "0"})
    plain = write(tmp_path / "plain.h264", constant(3), recipe)
    turned = tmp_path / "turned.h264"
    with av.open(plain.path) as source, av.open(turned, "w") as target:
        stream = source.streams.video[0]
        said = BitStreamFilterContext("h264_metadata=display_orientation=insert:rotate=-90:flip=horizontal", stream)
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            for changed in said.filter(packet if packet.size else None):
                changed.stream = copy
                target.mux(changed)

    assert [stamped_index(image) for image in first_pictures(turned, 3)] == [0, 1, 2]


def test_a_tilt_is_told_once(tmp_path, caplog):
    clip = write(tmp_path / "clip.mp4", constant(3), Recipe(rotation=80))
    first_pictures(clip.path, 3)

    assert caplog.messages == [
        "a camera: the picture is to be tilted by 10 degrees; it is shown at the nearest right angle"
    ]
