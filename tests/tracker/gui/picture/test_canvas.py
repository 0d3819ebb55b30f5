import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, QSizeF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from figures import DOTS
from poseglass.core.explain.maps import MapLayer
from poseglass.core.sketch import Colouring, Sketch, add_name, add_pose
from poseglass.gui.picture.canvas import Canvas
from poseglass.gui.picture.view import View
from poseglass.gui.shared.selection import Selection


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    shown = Canvas(Selection())
    qtbot.addWidget(shown)
    shown.resize(400, 300)
    shown.skeleton = DOTS
    shown.show()
    shown.show_picture(np.full((100, 200, 4), (20, 30, 40, 255), np.uint8))
    sketch = Sketch()
    add_pose(sketch, DOTS, "1", np.array([[50.0, 40.0], [150.0, 60.0]]), np.ones(2), Colouring.SIDE)
    shown.show_sketch(sketch)
    return shown


def place_of(canvas: Canvas, x: float, y: float) -> QPoint:
    return canvas.view.to_widget(x, y).toPoint()


@pytest.mark.parametrize("aspect", [1.0, 16 / 11, 0.7])
@pytest.mark.parametrize("zoom", [0.3, 1.0, 7.0])
def test_widget_and_frame_agree_both_ways(aspect: float, zoom: float):
    view = View(QSizeF(640, 480))
    view.show(720, 576, aspect)
    view.set_scale(zoom, QPointF(100, 50))
    view.pan(QPointF(13, -7))
    for x, y in [(0, 0), (-0.5, -0.5), (719.5, 575.5), (300.25, 17)]:
        assert view.to_frame(view.to_widget(x, y)) == pytest.approx((x, y))
        mapped = view.transform().map(QPointF(x + 0.5, y + 0.5))
        assert (mapped.x(), mapped.y()) == pytest.approx((view.to_widget(x, y).x(), view.to_widget(x, y).y()))


def test_a_fitted_picture_has_its_true_shape_and_touches_two_edges():
    view = View(QSizeF(640, 480))
    view.show(720, 576, 16 / 11)  # anamorphic PAL: 1047 x 576 square pixels
    target = view.target()

    assert target.width() / target.height() == pytest.approx(720 * 16 / 11 / 576)
    assert target.width() == pytest.approx(640)
    assert target.center().y() == pytest.approx(240)


def test_zooming_keeps_what_is_under_the_mouse(canvas: Canvas):
    at = QPointF(310, 120)
    before = canvas.view.to_frame(at)
    event = QWheelEvent(
        at, QPointF(canvas.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(event)

    assert canvas.view.scale > 2
    assert canvas.view.to_frame(at) == pytest.approx(before)


def test_a_picture_cannot_be_lost(canvas: Canvas):
    canvas.view.pan(QPointF(1e6, -1e6))

    assert canvas.view.target().intersects(canvas.rect().toRectF())


def test_one_to_one_is_one_pixel_of_the_screen(canvas: Canvas):
    canvas.show_actual_size()

    assert canvas.view.scale * canvas.devicePixelRatioF() == 1


def test_another_frame_keeps_the_zoom_another_size_does_not(canvas: Canvas):
    canvas.zoom(3)
    scale = canvas.view.scale
    canvas.show_picture(np.zeros((100, 200, 4), np.uint8))
    assert canvas.view.scale == scale
    canvas.show_picture(np.zeros((200, 100, 4), np.uint8))
    assert canvas.view.is_fit


def test_clicking_a_keypoint_chooses_it_and_says_so(canvas: Canvas, qtbot: QtBot):
    with qtbot.waitSignal(canvas.keypoint_clicked) as clicked:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, 150, 60))

    assert clicked.args == ["1", 1]
    assert canvas.selection.keypoints == {1}
    assert canvas.selection.person == "1"
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, control, pos=place_of(canvas, 50, 40))
    assert canvas.selection.keypoints == {0, 1}


def test_clicking_elsewhere_chooses_nothing_new(canvas: Canvas, qtbot: QtBot):
    with qtbot.waitSignal(canvas.place_clicked) as clicked:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, 100, 80))

    assert clicked.args == pytest.approx([100, 80], abs=0.5)
    assert not canvas.selection.keypoints


def test_the_keypoint_under_the_mouse_is_named(canvas: Canvas, qtbot: QtBot):
    hovered = []
    canvas.selection.hovered_changed.connect(hovered.append)
    qtbot.mouseMove(canvas, place_of(canvas, 50, 40))
    qtbot.mouseMove(canvas, place_of(canvas, 100, 80))

    assert hovered == [0, -1]


@pytest.mark.parametrize("takes_drags", [True, False])
def test_keypoints_are_dragged_only_for_who_asks_for_it(canvas: Canvas, qtbot: QtBot, takes_drags: bool):
    canvas.takes_drags = takes_drags
    dragged, released = [], []
    canvas.keypoint_dragged.connect(lambda *args: dragged.append(args))
    canvas.keypoint_released.connect(lambda *args: released.append(args))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, 50, 40))
    qtbot.mouseMove(canvas, place_of(canvas, 60, 50))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, 70, 55))

    if takes_drags:
        assert dragged[-1][:2] == ("1", 0)
        assert dragged[-1][2:] == pytest.approx((60, 50), abs=0.5)
        assert released[0][2:] == pytest.approx((70, 55), abs=0.5)
    else:
        assert dragged == released == []


def show_dots(canvas: Canvas, *places: tuple[float, float]) -> None:
    sketch = Sketch()
    add_pose(sketch, DOTS, "1", np.array(places), np.ones(2), Colouring.SIDE)
    canvas.show_sketch(sketch)


@pytest.mark.parametrize("chosen", [0, 1])
def test_the_chosen_of_two_keypoints_on_each_other_is_dragged(canvas: Canvas, qtbot: QtBot, chosen: int):
    show_dots(canvas, (50.0, 40.0), (50.5, 40.0))
    canvas.takes_drags = True
    canvas.selection.choose_person("1")
    canvas.selection.choose_keypoints({chosen})
    taken = []
    canvas.keypoint_dragged.connect(lambda _person, keypoint, _x, _y: taken.append(keypoint))
    for at in ((49.0, 40.0), (52.0, 40.0)):  # once the one, once the other is nearer
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, *at))
        qtbot.mouseMove(canvas, place_of(canvas, at[0] + 20, at[1]))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, at[0] + 20, at[1]))

    assert set(taken) == {chosen}
    assert canvas.selection.keypoints == {chosen}


def test_a_chosen_keypoint_out_of_reach_leaves_the_mouse_to_others(canvas: Canvas):
    canvas.takes_drags = True
    canvas.selection.choose_person("1")
    canvas.selection.choose_keypoints({1})
    dot = canvas.dot_at(canvas.view.to_widget(50.0, 40.0))

    assert dot is not None
    assert dot.keypoint == 0


def test_the_name_under_a_resting_mouse_follows_what_comes_to_it(canvas: Canvas, qtbot: QtBot):
    qtbot.mouseMove(canvas, place_of(canvas, 50, 40))
    assert canvas.selection.hovered == 0
    show_dots(canvas, (150.0, 60.0), (50.0, 40.0))
    assert canvas.selection.hovered == 1
    show_dots(canvas, (150.0, 60.0), (150.0, 80.0))
    assert canvas.selection.hovered == -1


def test_the_name_goes_along_with_a_dragged_keypoint(canvas: Canvas, qtbot: QtBot):
    canvas.takes_drags = True
    canvas.keypoint_dragged.connect(lambda _person, _keypoint, x, y: show_dots(canvas, (x, y), (60.0, 50.0)))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, 50, 40))
    qtbot.mouseMove(canvas, place_of(canvas, 61, 50))
    assert canvas.selection.hovered == 0  # it is held, whatever lies below it
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, 61, 50))
    show_dots(canvas, (150.0, 60.0), (60.0, 50.0))

    assert canvas.selection.hovered == 1


def test_nothing_is_named_when_the_mouse_has_left(canvas: Canvas, qtbot: QtBot):
    qtbot.mouseMove(canvas, place_of(canvas, 50, 40))
    canvas.leaveEvent(QEvent(QEvent.Type.Leave))

    assert canvas.selection.hovered == -1


def test_dragging_the_picture_moves_it(canvas: Canvas, qtbot: QtBot):
    before = canvas.view.to_frame(QPointF(200, 240))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 240))
    qtbot.mouseMove(canvas, QPoint(230, 220))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(230, 220))

    assert canvas.view.to_frame(QPointF(230, 220)) == pytest.approx(before)


def test_the_picture_is_painted_pixel_for_pixel_at_actual_size(canvas: Canvas):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (100, 200, 4)).astype(np.uint8)
    picture[..., 3] = 255
    canvas.show_picture(picture)
    canvas.show_sketch(Sketch())
    canvas.view.set_scale(1)
    canvas.view.left, canvas.view.top = 100, 100
    image = canvas.grab().toImage()

    for x, y in [(0, 0), (199, 99), (57, 31)]:
        colour = image.pixelColor(100 + x, 100 + y)
        assert (colour.blue(), colour.green(), colour.red()) == tuple(picture[y, x, :3])


def test_a_map_lies_where_it_says_and_under_the_sketch(canvas: Canvas):
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[1, 0] = (255, 0, 0, 255)
    to_frame = np.array([[20.0, 0, 100], [0, 20, 70]])  # cell (column 0, row 1) is around (100, 90)
    canvas.show_map(MapLayer(rgba, to_frame))
    image = canvas.grab().toImage()

    assert image.pixelColor(place_of(canvas, 100, 90)).red() > 200
    assert image.pixelColor(place_of(canvas, 100, 70)).red() < 60
    assert image.pixelColor(place_of(canvas, 120, 90)).red() < 60


@pytest.fixture
def crowd(canvas: Canvas) -> Canvas:
    """Two people on the canvas: "1" on the left, "2" on the right, with a name."""
    sketch = Sketch()
    add_pose(sketch, DOTS, "1", np.array([[20.0, 30.0], [60.0, 70.0]]), np.ones(2), Colouring.PERSON)
    add_pose(sketch, DOTS, "2", np.array([[120.0, 30.0], [160.0, 70.0]]), np.ones(2), Colouring.PERSON)
    add_name(sketch, DOTS, "2", np.array([[120.0, 30.0], [160.0, 70.0]]), np.ones(2), "Anna")
    canvas.show_sketch(sketch)
    canvas.selection.choose_person("1")
    return canvas


def test_a_click_on_somebody_chooses_them_and_one_on_nobody_keeps_the_choice(crowd: Canvas, qtbot: QtBot):
    clicked: list[str] = []
    crowd.person_clicked.connect(clicked.append)
    qtbot.mouseClick(crowd, Qt.MouseButton.LeftButton, pos=place_of(crowd, 145, 45))
    assert (clicked, crowd.selection.person) == (["2"], "2")
    with qtbot.waitSignal(crowd.place_clicked):
        qtbot.mouseClick(crowd, Qt.MouseButton.LeftButton, pos=place_of(crowd, 90, 95))

    assert (clicked, crowd.selection.person) == (["2"], "2")
    assert not crowd.selection.keypoints


def test_a_click_on_a_name_chooses_whose_it_is(crowd: Canvas, qtbot: QtBot):
    above = place_of(crowd, 120, 30) - QPoint(0, 22)
    qtbot.mouseClick(crowd, Qt.MouseButton.LeftButton, pos=above)

    assert crowd.selection.person == "2"


def test_a_click_that_is_to_place_a_keypoint_chooses_nobody_else(crowd: Canvas, qtbot: QtBot):
    sketch = Sketch()
    sketch.dots = [dot for dot in crowd.sketch.dots if (dot.person, dot.keypoint) != ("1", 1)]
    crowd.show_sketch(sketch)
    crowd.takes_drags = True
    crowd.selection.choose_keypoints({1})
    with qtbot.waitSignal(crowd.place_clicked) as clicked:
        qtbot.mouseClick(crowd, Qt.MouseButton.LeftButton, pos=place_of(crowd, 145, 45))

    assert clicked.args == pytest.approx([145, 45], abs=0.5)
    assert crowd.selection.person == "1"


def drag_box(canvas: Canvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, *start))
    QTest.mouseMove(canvas, place_of(canvas, *end))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place_of(canvas, *end))


@pytest.mark.parametrize(
    ("start", "end", "box"),
    [((30, 20), (90, 80), (30, 20, 60, 60)), ((90, 80), (30, 20), (30, 20, 60, 60)),
     ((150, 50), (400, 300), (150, 50, 49.5, 49.5))],
)  # fmt: skip
def test_a_box_is_drawn_from_any_corner_and_stays_in_the_picture(
    canvas: Canvas, qtbot: QtBot, start: tuple[float, float], end: tuple[float, float], box: tuple[float, ...]
):
    asked: list[bool] = []
    canvas.box_asked.connect(asked.append)
    scale = canvas.view.scale
    canvas.ask_box(wanted=True)
    with qtbot.waitSignal(canvas.box_drawn) as drawn:
        drag_box(canvas, start, end)

    assert drawn.args == pytest.approx(list(box), abs=0.6)
    assert asked == [True, False]
    assert canvas.view.scale == scale
    drag_box(canvas, (100, 90), (110, 95))  # moves the picture, as ever
    assert asked == [True, False]


def test_a_box_is_asked_for_until_escape_and_a_mere_click_is_none(canvas: Canvas, qtbot: QtBot):
    drawn: list[object] = []
    canvas.box_drawn.connect(lambda *box: drawn.append(box))
    canvas.ask_box(wanted=True)
    drag_box(canvas, (50, 40), (51, 41))
    assert not canvas.selection.keypoints
    with qtbot.waitSignal(canvas.box_asked) as asked:
        qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    drag_box(canvas, (30, 20), (90, 80))

    assert asked.args == [False]
    assert drawn == []


def test_a_line_is_drawn_from_end_to_end_and_escape_says_no(canvas: Canvas, qtbot: QtBot):
    asked: list[bool] = []
    canvas.line_asked.connect(asked.append)
    canvas.ask_line("Drag along the floor")
    with qtbot.waitSignal(canvas.line_drawn) as drawn:
        drag_box(canvas, (90, 80), (30, 60))
    assert drawn.args == pytest.approx([90, 80, 30, 60], abs=0.6)
    assert asked == [True, False]

    canvas.ask_line("Drag along the floor")
    with qtbot.assertNotEmitted(canvas.line_drawn):
        drag_box(canvas, (50, 40), (51, 41))
        qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert asked == [True, False, True, False]


def test_a_box_that_is_asked_for_takes_the_place_of_a_line(canvas: Canvas, qtbot: QtBot):
    asked: list[bool] = []
    canvas.line_asked.connect(asked.append)
    canvas.ask_line("Drag along the floor")
    canvas.ask_box(wanted=False)  # not what is asked for
    assert asked == [True]
    canvas.ask_box(wanted=True)
    with qtbot.waitSignal(canvas.box_drawn), qtbot.assertNotEmitted(canvas.line_drawn):
        drag_box(canvas, (30, 20), (90, 80))

    assert asked == [True, False]
