"""Where the program starts: the only module that sets anything for the whole process."""

from __future__ import annotations

import logging
import sys

import av

from poseglass.cli import INTERRUPTED, parse
from poseglass.errors import PoseglassError


def main() -> int:
    """Run the command line; return the exit status: 0, 2 for a mistake told in one line, 130 after Ctrl-C."""
    options = parse(sys.argv[1:])
    logging.basicConfig(level=logging.WARNING, format="poseglass: %(message)s")
    av.logging.set_level(None)  # FFmpeg's own lines come from threads that can deadlock in Python (PyAV#751)
    if sys.platform == "win32":
        import torch  # noqa: F401 - before PyQt6: afterwards its DLLs do not load (pytorch#166628)
    try:
        return int(options.run(options))
    except PoseglassError as error:
        print(f"poseglass: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("poseglass: interrupted, nothing was written", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
