# SPDX-License-Identifier: Apache-2.0
"""`python -m orrery.difference BEFORE AFTER`: what `orrery diff` starts."""

import argparse
import json

from orrery.difference import diff
from orrery.helper import run_helper


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="orrery diff")
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--most", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = diff(options.before, options.after)
    print(json.dumps(found.json, indent=2) if options.json else found.text(options.most), end="")
    return 0


if __name__ == "__main__":
    run_helper(main)
