"""A stranger's plugin: one file, in a wheel of its own, installed by pip into a folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

OLD_MODULE = '''"""Says that everybody stands in the middle of their box."""

from dataclasses import dataclass

import numpy as np
from poseglass.api import Plugin, Poses, Skeleton


@dataclass(frozen=True)
class Options:
    height: float = 1.0


class Middle:
    def __init__(self, options):
        self.height = options.height

    skeleton = Skeleton(("middle",))
    facts = {"by": "a stranger"}

    def estimate(self, image, boxes):
        xy = ((boxes[:, :2] + boxes[:, 2:]) / 2)[:, None]
        return Poses(xy, np.ones((len(boxes), 1)), np.tile(np.eye(2), (len(boxes), 1, 1, 1)))

    def close(self):
        pass


plugin = Plugin(name="middle", summary="The middle of the box", options=Options, make=Middle)
'''

MODULE = (
    OLD_MODULE.replace("import dataclass\n", "import dataclass, field\n")
    .replace("height: float = 1.0", 'height: float = field(default=1.0, metadata={"help": "of nothing"})')
    .replace("make=Middle)", "make=Middle, api=(2, 0))")
)
"""The same for API 2.0; the old one is as it was made for 1.1."""


def install(folder: Path, module: str = MODULE, name: str = "middle", group: str = "poseglass.estimators") -> Path:
    """Build a wheel in `folder`, pip-install it into `folder/site`, and return that: put it on PYTHONPATH."""
    wheel = folder / f"stranger_{name}-1.0-py3-none-any.whl"
    info = f"stranger_{name}-1.0.dist-info"
    contents = {
        f"stranger_{name}.py": module,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: stranger-{name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{group}]\n{name} = stranger_{name}:plugin\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
        record = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
        archive.writestr(f"{info}/RECORD", record)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"
