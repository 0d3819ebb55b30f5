"""Where the program starts: the only module that sets anything for the whole process."""

from __future__ import annotations

import sys
from pathlib import Path

import av

from poseglass.cli import INTERRUPTED, parse
from poseglass.errors import PoseglassError
from poseglass.terminal import complain, finish_streams, prepare_logging, prepare_streams


def main() -> int:
    """Run the command line; return the exit status: 0, 2 for a mistake told in one line, 130 after Ctrl-C."""
    prepare_streams()
    try:
        return _run(sys.argv[1:])
    except PoseglassError as error:
        complain(f"poseglass: {error}")
        return 2
    except KeyboardInterrupt:
        complain("poseglass: interrupted, nothing was written")
        return INTERRUPTED
    finally:
        finish_streams()


def _run(arguments: list[str]) -> int:
    options = parse(arguments)
    prepare_logging()
    av.logging.set_level(None)  # FFmpeg's own lines come from threads that can deadlock in Python (PyAV#751)
    if sys.platform == "win32":
        import torch  # noqa: F401 - before PyQt6: afterwards its DLLs do not load (pytorch#166628)
    _check_folder()
    return int(options.run(options))


def _check_folder() -> None:
    """Raise PoseglassError where the working directory is gone: libraries ask for it, whatever is to be done."""
    try:
        Path.cwd()
    except OSError as error:
        raise PoseglassError("the folder that this is run in is not there any more; change to another") from error


if __name__ == "__main__":
    sys.exit(main())
