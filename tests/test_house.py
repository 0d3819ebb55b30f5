"""The house rules that a tool can check; the README's test command runs them with everything else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECKS = {
    "ruff check": ["-m", "ruff", "check"],
    "ruff format": ["-m", "ruff", "format", "--check"],
    "strict types": ["-m", "mypy"],
    "import contracts": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_check_is_clean(check: str):
    done = subprocess.run([sys.executable, *CHECKS[check]], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_file_map_of_the_readme_names_every_module():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    sources = [path for root in ("tracker", "models", "plugins", "train") for path in (ROOT / root).rglob("*.py")]
    missing = [str(path.relative_to(ROOT)) for path in sources if path.name != "__init__.py" and path.name not in text]

    assert not missing


def test_no_heavy_file_is_tracked():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    heavy = [name for name in tracked.stdout.split("\0") if name and (ROOT / name).stat().st_size > 20e6]

    assert not heavy


def test_functions_and_files_stay_small():
    import ast

    sizes = {}
    for root in ("tracker", "models", "plugins", "train"):
        for path in (ROOT / root).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert text.count("\n") <= 400, path
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    sizes[f"{path.name}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1

    assert not [name for name, size in sizes.items() if size > 60]
