"""The public door and what can be imported without a window."""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import pytest

import poseglass.api


def test_all_names_of_the_door_are_there():
    assert all(hasattr(poseglass.api, name) for name in poseglass.api.__all__)


def test_the_door_exports_what_it_imports():
    import types

    ours = {
        name
        for name, value in vars(poseglass.api).items()
        if not name.startswith("_")
        and not isinstance(value, TypeVar)
        and getattr(value, "__module__", "").startswith("poseglass")
    }
    values = {name for name, value in vars(poseglass.api).items() if isinstance(value, types.ModuleType)}

    assert ours - values <= set(poseglass.api.__all__)


SAMPLE = Path(__file__).parents[1] / "tracker" / "poseglass" / "assets" / "sample.mp4"
WITHOUT_QT = """
import sys
from pathlib import Path
from typing import TypeVar
class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PyQt6", "pyqtgraph"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoQt())
import poseglass, poseglass.api, poseglass.cli
from poseglass.core import track
sys.argv = ["poseglass", *sys.argv[1:]]
from poseglass.__main__ import main
sys.exit(main())
"""


def run_without_qt(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_QT, *arguments], capture_output=True, text=True, timeout=200, env=headless()
    )


def headless() -> dict[str, str]:
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in displays}


def test_the_command_line_works_without_qt():
    assert run_without_qt("--version").stdout.startswith("poseglass ")


def test_tracking_works_without_qt_and_without_a_display(tmp_path: Path):
    done = run_without_qt("track", str(SAMPLE), "--stop", "0.1", "-o", str(tmp_path / "out.csv"))

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.csv").read_text().count("\n") == 4


def test_the_window_says_what_it_needs_when_qt_is_absent():
    done = run_without_qt()

    assert done.returncode == 2
    assert "PyQt6" in done.stderr


def test_without_a_display_the_window_says_so():
    done = subprocess.run([sys.executable, "-m", "poseglass"], capture_output=True, text=True, env=headless())

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no display" in done.stderr


def test_importing_imports_neither_torch_nor_qt():
    modules = "poseglass, poseglass.api, poseglass.cli, poseglass.core.explain.frame"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules or 'PyQt6' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("package", ["poseglass", "poseglass_models"])
def test_a_plugins_type_checker_may_read_our_types(package: str):
    assert (files(package) / "py.typed").is_file()
