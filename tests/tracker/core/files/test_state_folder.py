from pathlib import Path

import pytest

from poseglass.core.files.state_folder import state_folder


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_STATE_HOME": "/state"}, "/state/poseglass"),
        ("linux", {"XDG_STATE_HOME": ""}, "/home/ada/.local/state/poseglass"),
        ("linux", {"XDG_STATE_HOME": "relative/is/ignored"}, "/home/ada/.local/state/poseglass"),
        ("darwin", {}, "/home/ada/Library/Application Support/Poseglass"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/Poseglass"),
        ("win32", {"LOCALAPPDATA": ""}, "/home/ada/AppData/Local/Poseglass"),
    ],
)
def test_every_system_has_its_place(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], expected: str
):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert state_folder() == Path(expected)
