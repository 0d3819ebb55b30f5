from dataclasses import dataclass, field
from typing import Literal, get_args

import pytest
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from poseglass.api import Kind
from poseglass.core import plugins
from poseglass.gui.options.forms import OptionForm
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.shared.settings import Settings


@dataclass(frozen=True)
class Options:
    flip: bool = field(default=False, metadata={"help": "mirror it"})
    count: int = field(default=3, metadata={"min": 1, "max": 9})
    gap_s: float = field(default=0.5, metadata={"unit": "s", "min": 0, "max": 10})
    kind: Literal["round", "square"] = "round"
    model: str = field(default="small", metadata={"choices": lambda: ("small", "large"), "file": "*.bin"})
    secret: int = field(default=7, metadata={"advanced": True})


@pytest.fixture
def form(qtbot: QtBot) -> OptionForm:
    made = OptionForm(Options, {"count": 5, "model": "mine.bin"})
    qtbot.addWidget(made)
    made.show()
    return made


def test_fields_follow_the_types(form: OptionForm):
    kinds = [type(form.field(name)) for name in ("flip", "count", "gap_s", "kind")]

    assert kinds == [QCheckBox, QSpinBox, QDoubleSpinBox, QComboBox]


def test_only_what_differs_from_the_defaults_is_returned(form: OptionForm):
    assert form.values() == {"count": 5, "model": "mine.bin"}
    form.show_values({})
    assert form.values() == {}


def test_metadata_bound_and_label_what_is_entered(form: OptionForm):
    count, gap = form.field("count"), form.field("gap_s")
    assert isinstance(count, QSpinBox)
    assert isinstance(gap, QDoubleSpinBox)
    count.setValue(99)

    assert form.values()["count"] == 9
    assert gap.suffix() == " s"
    assert form.field("flip").toolTip() == "Mirror it"


def test_a_change_by_hand_is_told_one_by_code_is_not(form: OptionForm, qtbot: QtBot):
    told = []
    form.changed.connect(lambda: told.append(form.values()))
    form.show_values({"gap_s": 2.0, "kind": "square"})
    assert told == []
    box = form.field("flip")
    assert isinstance(box, QCheckBox)
    box.click()

    assert told == [{"gap_s": 2.0, "kind": "square", "flip": True}]


def test_advanced_options_are_folded_away(form: OptionForm):
    assert not form.field("secret").isVisible()
    form._more.click()
    assert form.field("secret").isVisible()


def test_what_was_remembered_of_an_older_version_does_no_harm(qtbot: QtBot):
    form = OptionForm(Options, {"count": "many", "gone": 3, "gap_s": 2, "flip": 1})
    qtbot.addWidget(form)

    assert form.values() == {"gap_s": 2.0}


def test_every_plugin_that_comes_along_has_a_form_that_gives_its_defaults_back(qtbot: QtBot):
    for kind in get_args(Kind):
        for name in plugins.names(kind):
            form = OptionForm(plugins.find(kind, name).options)
            qtbot.addWidget(form)
            assert form.values() == {}


def test_the_shipped_models_are_offered_and_the_choice_is_remembered(qtbot: QtBot, settings: Settings):
    for expected in ({}, {"model": "fast"}):
        box = PluginBox("estimator", "attention_hourglass", settings)
        qtbot.addWidget(box)
        with qtbot.waitSignal(box.ready, timeout=60000):
            box.load()
        assert box.values() == expected
        assert box.form is not None
        models = box.form.field("model").findChild(QComboBox)
        assert models is not None
        assert {"default", "fast"} <= {models.itemText(i) for i in range(models.count())}
        models.setCurrentText("fast")
        box.end()


def test_a_plugin_that_is_broken_is_told_in_its_place(qtbot: QtBot, settings: Settings, monkeypatch):
    def fail(kind: str, name: str) -> None:
        raise plugins.PluginError("it cannot be imported")

    monkeypatch.setattr(plugins, "find", fail)
    box = PluginBox("smoother", "kalman", settings)
    qtbot.addWidget(box)
    with qtbot.waitSignal(box.failed, timeout=20000):
        box.load()

    assert "cannot be imported" in box._waiting.text()
    assert isinstance(box, QWidget)
