"""What the estimator says of itself, before anything heavy is imported."""

import subprocess
import sys

DESCRIBE = """
import sys
from dataclasses import fields
from poseglass.core.options import offered
from poseglass.core.plugins import find
plugin = find("estimator", "attention_hourglass")
models = offered(fields(plugin.options)[0])
print(plugin.name, plugin.summary, plugin.api, *models)
sys.exit("torch" in sys.modules)
"""


def test_it_is_described_without_torch():
    done = subprocess.run([sys.executable, "-c", DESCRIBE], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("attention_hourglass Stacked hourglasses")
    assert {"default", "fast", "best"} <= set(done.stdout.split())
