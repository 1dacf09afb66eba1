# SPDX-License-Identifier: Apache-2.0
"""`python -m orrery`: the command line."""

import sys


def main() -> int:
    """The program's exit code; docs/cli.md."""
    from orrery import _core

    return _core.main(["orrery", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
