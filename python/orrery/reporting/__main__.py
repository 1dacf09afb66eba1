# SPDX-License-Identifier: Apache-2.0
"""`python -m orrery.reporting DIR`: what `orrery report` starts."""

import argparse

from orrery.helper import run_helper
from orrery.reporting import report


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="orrery report")
    parser.add_argument("folder")
    parser.add_argument("--output")
    parser.add_argument("--figures", action="store_true")
    options = parser.parse_args(arguments)
    print(report(options.folder, options.output, figures=options.figures))
    return 0


if __name__ == "__main__":
    run_helper(main)
