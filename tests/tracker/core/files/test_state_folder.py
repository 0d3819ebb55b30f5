from pathlib import Path

import platformdirs.macos
import platformdirs.windows
import pytest

from poseglass.core.files.state_folder import former_state_folder, state_folder

MAC = "/home/ada/Library/Application Support"


@pytest.fixture(autouse=True)
def ada(monkeypatch: pytest.MonkeyPatch) -> None:
    """Her home, and nothing that says otherwise."""
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_STATE_HOME")


@pytest.mark.parametrize(
    ("given", "expected"), [("/state", "/state/poseglass"), ("", "/home/ada/.local/state/poseglass")]
)
def test_on_linux_it_is_where_it_was(monkeypatch: pytest.MonkeyPatch, given: str, expected: str):
    monkeypatch.setenv("XDG_STATE_HOME", given)

    assert state_folder() == former_state_folder() == Path(expected)


def test_on_macos_it_was_in_the_library_whatever_was_chosen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)
    assert state_folder() == Path(MAC, "poseglass")  # capitals do not count there
    assert former_state_folder() == Path(MAC, "Poseglass")

    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert former_state_folder() == Path(MAC, "Poseglass")


@pytest.mark.parametrize("given", ["/local", ""])
def test_on_windows_the_system_is_asked(monkeypatch: pytest.MonkeyPatch, given: str):
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.windows.Windows)
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", lambda name: f"/{name}")
    monkeypatch.setenv("LOCALAPPDATA", given)

    assert state_folder() == Path("/CSIDL_LOCAL_APPDATA/poseglass")
    assert former_state_folder() == Path(given or "/home/ada/AppData/Local", "Poseglass")
