from pathlib import Path

import pytest

from poseglass_train.data.reading import reading
from poseglass_train.errors import DatasetError, RecipeError


def test_what_cannot_be_read_is_named_with_what_was_looked_for() -> None:
    told = r"^some/labels\.json: looked for keypoints \(KeyError\('images'\)\)$"
    with pytest.raises(DatasetError, match=told) as caught, reading(Path("some/labels.json"), "keypoints"):
        raise KeyError("images")

    assert isinstance(caught.value.__cause__, KeyError)


def test_errors_that_say_more_pass_as_they_are() -> None:
    with pytest.raises(RecipeError, match=r"^as it was$"), reading(Path("x"), "y"):
        raise RecipeError("as it was")


def test_a_block_that_can_read_goes_on() -> None:
    with reading(Path("x"), "y"):
        here = 3

    assert here == 3
