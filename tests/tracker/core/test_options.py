from dataclasses import dataclass, field
from typing import Literal

import pytest

from poseglass.core.options import offered, read_options


@dataclass(frozen=True)
class Options:
    flip: bool = False
    count: int = field(default=3, metadata={"min": 1, "max": 9})
    gap_s: float = 0.5
    kind: Literal["round", "square"] = "round"
    size: Literal[1, 2] = 1
    model: str = field(default="small", metadata={"choices": lambda: ("small", "large")})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("flip", "true", True),
        ("flip", "No", False),
        ("count", "9", 9),
        ("gap_s", "2", 2.0),
        ("gap_s", "1e-3", 0.001),
        ("kind", "square", "square"),
        ("size", "2", 2),
        ("model", "mine.bin", "mine.bin"),
        ("model", "", ""),
    ],
)
def test_text_becomes_a_value_of_the_options_type(name: str, text: str, value: object):
    read = read_options(Options, {name: text})

    assert read == {name: value}
    assert type(read[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("flip", "maybe", "flip=maybe: one of true, false, yes, no, on, off, 1, 0 is wanted"),
        ("count", "2.5", "count=2.5: a whole number from 1 to 9 is wanted"),
        ("count", "10", "count=10: a whole number from 1 to 9 is wanted"),
        ("gap_s", "soon", "gap_s=soon: a number is wanted"),
        ("gap_s", "nan", "gap_s=nan: a number is wanted"),
        ("gap_s", "0,5", "gap_s=0,5: a number, written with a point, is wanted"),
        ("kind", "oval", "kind=oval: one of round, square is wanted"),
    ],
)
def test_text_that_is_no_value_is_told(name: str, text: str, said: str):
    with pytest.raises(ValueError, match=said):
        read_options(Options, {name: text})


def test_names_are_offered_as_they_are_asked_for():
    assert offered(Options.__dataclass_fields__["model"]) == ("small", "large")
    assert offered(Options.__dataclass_fields__["kind"]) == ()
