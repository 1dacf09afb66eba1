# SPDX-License-Identifier: Apache-2.0
"""`python -m orrery.onnx_import MODEL [--dim NAME=SIZE]... [--ignore NAME]...`

The program's own helper: writes the workload to standard output and ends with 0, or a JSON list of
mistakes and 2, or the name of a missing package and 3.
"""

from __future__ import annotations

import argparse
import json
import sys


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="orrery.onnx_import")
    parser.add_argument("model")
    parser.add_argument("--dim", action="append", default=[], metavar="NAME=SIZE")
    parser.add_argument("--ignore", action="append", default=[], metavar="NAME")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        import onnx  # noqa: F401  # first, so that its name is told before those of what it needs

        from orrery.onnx_import.importer import Request, imported_text
        from orrery.onnx_import.mistakes import ImportFailedError
    except ModuleNotFoundError as error:
        print(error.name)
        return 3
    # Names may hold "=": sizes do not.
    dimensions = {name: int(size) for name, _, size in (x.rpartition("=") for x in options.dim)}
    try:
        text = imported_text(Request(options.model, dimensions, options.ignore))
    except ImportFailedError as failure:
        print(json.dumps([mistake.as_dict() for mistake in failure.mistakes]))
        return 2
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
