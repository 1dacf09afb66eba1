# SPDX-License-Identifier: Apache-2.0
"""`python -m orrery`: the command line."""

import os
import sys


def main() -> int:
    """The program's exit code; docs/cli.md."""
    from orrery import _core

    # What the program leaves to Python is done by the interpreter that has the package.
    os.environ.setdefault("ORRERY_PYTHON", sys.executable)
    return _core.main(["orrery", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
