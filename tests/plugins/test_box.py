import numpy as np

from poseglass.core.contracts import CONTRACTS, Subject
from poseglass_plugins.box import BoxOptions, MyBox, plugin


def test_the_box_is_told_from_edge_to_edge():
    found = MyBox(BoxOptions(x=10, y=20, width=30, height=40)).detect(np.zeros((5, 5, 3), np.uint8))

    np.testing.assert_array_equal(found.boxes, [[9.5, 19.5, 39.5, 59.5]])
    np.testing.assert_array_equal(found.score, [1])


def test_the_whole_picture_by_its_size_is_the_whole_picture():
    found = MyBox(BoxOptions(width=5, height=3)).detect(np.zeros((3, 5, 3), np.uint8))

    np.testing.assert_array_equal(found.boxes, [[-0.5, -0.5, 4.5, 2.5]])


def test_facts_name_the_box():
    assert MyBox(BoxOptions(x=1.5)).facts == {"x": "1.5", "y": "0.0", "width": "100.0", "height": "100.0"}


def test_it_keeps_to_the_contract():
    for check in CONTRACTS["detector"]:
        check(Subject("detector", plugin, {"x": -3.0}))
