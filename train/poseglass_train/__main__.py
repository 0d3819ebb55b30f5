"""Run the command line with `python -m poseglass_train`."""

import sys

from poseglass_train.cli import main

sys.exit(main())
