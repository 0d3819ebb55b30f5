import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import stranger
from figures import BLOB, HEAT, DotEstimator, LookingEstimator
from poseglass.api import ExporterPlugin, PluginError
from poseglass.core import plugins
from poseglass.core.fences import FencedEstimator
from poseglass.types import Explanation, MapName, Maps, Poses


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python finds packages in."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.startswith("stranger_")]:
        del sys.modules[name]


def test_the_built_in_plugins_come_by_entry_point():
    assert "whole_picture" in plugins.names("detector")
    assert "attention_hourglass" in plugins.names("estimator")
    assert "kalman" in plugins.names("smoother")
    assert "csv" in plugins.names("exporter")


def test_a_strangers_plugin_is_found_and_made_with_its_options(tmp_path: Path, site: Path):
    stranger.install(tmp_path)
    estimator = plugins.make_estimator("middle", {"height": 2.0})
    poses = estimator.estimate(np.zeros((10, 10, 3), np.uint8), np.array([[0.0, 0, 8, 4]]))

    assert site in Path(sys.modules["stranger_middle"].__file__ or "").parents
    np.testing.assert_allclose(poses.xy, [[[4, 2]]])
    assert estimator.facts == {"estimator": "middle", "by": "a stranger"}


def test_listing_imports_no_plugin(tmp_path: Path, site: Path):
    stranger.install(tmp_path, module="raise RuntimeError('imported')")

    assert "middle" in plugins.names("estimator")


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("raise RuntimeError('broken')", "cannot be imported: RuntimeError"),
        ("plugin = 3", "is a int, not a Plugin"),
        (stranger.OLD_MODULE, r"made for API 1\.1, this is 2\.0; .*docs/PLUGINS\.md.* api=\(2, 0\)"),
        (stranger.MODULE.replace("api=(2, 0)", "api=(2, 1)"), r"made for API 2\.1, this is 2\.0; update Poseglass"),
        (stranger.MODULE.replace("api=(2, 0)", "api=(3, 0)"), r"made for API 3\.0, this is 2\.0; update Poseglass"),
        (stranger.MODULE.replace("self.height = options.height", "1 / 0"), "failed: ZeroDivisionError"),
    ],
)
def test_a_broken_plugin_is_told_in_one_line(tmp_path: Path, site: Path, module: str, said: str):
    stranger.install(tmp_path, module=module)
    with pytest.raises(PluginError, match=said) as caught:
        plugins.make_estimator("middle")

    assert "\n" not in str(caught.value)


def test_an_unknown_name_lists_what_is_there():
    with pytest.raises(PluginError, match=r"no estimator 'nobody'; installed: .*attention_hourglass"):
        plugins.find("estimator", "nobody")


def test_an_unknown_option_lists_what_is_there():
    with pytest.raises(PluginError, match=r"has no option loudness; it has: .*gap_s"):
        plugins.make_smoother("kalman", {"loudness": 11})


class Wrong(DotEstimator):
    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    def estimate(self, image, boxes):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [ValueError("oh"), Poses.missing(3), Poses.missing(2, people=4), None])
def test_an_estimator_that_answers_wrongly_is_a_plugin_error(answer: object):
    fenced = FencedEstimator("wrong", Wrong(answer))
    with pytest.raises(PluginError, match="estimator 'wrong'"):
        fenced.estimate(np.zeros((10, 10, 3), np.uint8), np.zeros((1, 4)))


IMAGE, BOXES = np.zeros((10, 10, 3), np.uint8), np.array([[0.0, 0, 8, 8]])


def test_an_estimator_without_maps_says_so():
    fenced = FencedEstimator("plain", DotEstimator())

    assert fenced.map_names == ()
    with pytest.raises(PluginError, match="'plain' shows no attention"):
        fenced.explain(IMAGE, BOXES, ())


def test_an_explainer_is_asked_for_what_was_wanted_alone():
    inner = LookingEstimator()
    explanation = FencedEstimator("looking", inner).explain(IMAGE, BOXES, (HEAT,))

    assert inner.wanted == [(HEAT,)]
    assert list(explanation.maps) == [HEAT]


def test_a_map_that_is_not_there_is_refused():
    with pytest.raises(PluginError, match="has no map stack9/dream/1x1"):
        FencedEstimator("looking", LookingEstimator()).explain(
            IMAGE, BOXES, (MapName(9, "dream", 1, 1, per_keypoint=False),)
        )


def maps(values: object = None, to_frame: object = None) -> Maps:
    right = LookingEstimator().explain(IMAGE, BOXES, (BLOB,)).maps[BLOB]
    return Maps(right.values if values is None else values, right.to_frame if to_frame is None else to_frame)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, "answered no map when asked for stack1/blob/12x12"),
        ({BLOB: maps(), HEAT: maps()}, "answered stack1/blob/12x12, stack2/heatmap/16x16 when asked for"),
        ({BLOB: maps(values=np.zeros((1, 2, 12, 12), np.float32))}, r"not float32 \(1, 1, 12, 12\)"),
        ({BLOB: maps(values=np.zeros((1, 1, 12, 12)))}, "as float64"),
        ({BLOB: maps(values=np.full((1, 1, 12, 12), np.nan, np.float32))}, "values that are no numbers"),
        ({BLOB: maps(to_frame=np.zeros((2, 3)))}, r"affines \(2, 3\), not \(1, 2, 3\)"),
        (None, "failed: AttributeError"),
    ],
)
def test_maps_that_are_wrong_are_a_plugin_error(answer: dict[MapName, Maps] | None, said: str):
    class WrongMaps(LookingEstimator):
        def explain(self, image, boxes, want):
            return None if answer is None else Explanation(self.estimate(image, boxes), answer)

    with pytest.raises(PluginError, match=said):
        FencedEstimator("wrong", WrongMaps()).explain(IMAGE, BOXES, (BLOB,))


OLD_EXPORTER = """
from poseglass.api import Plugin

class Options:
    pass

plugin = Plugin(name="old", summary="", options=Options, make=Options{})
"""


@pytest.mark.parametrize(
    ("api", "said"), [("", "made for API 1.1, this is 2.0"), (", api=(2, 0)", "a Plugin, not an ExporterPlugin")]
)
def test_an_exporter_that_names_no_suffix_is_told(tmp_path: Path, site: Path, api: str, said: str):
    stranger.install(tmp_path, OLD_EXPORTER.format(api), "old", "poseglass.exporters")

    with pytest.raises(PluginError, match=said):
        plugins.make_exporter("old")


@pytest.mark.parametrize("suffix", ["csv", "", ".tar.gz", ".CSV"])
def test_a_suffix_is_a_dot_and_a_word(suffix: str):
    with pytest.raises(ValueError, match="a dot, then one word"):
        ExporterPlugin("none", "", DotEstimator, DotEstimator, (2, 0), suffix=suffix)  # type: ignore[arg-type]
