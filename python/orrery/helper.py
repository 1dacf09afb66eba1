# SPDX-License-Identifier: Apache-2.0
"""How parts of the command line that are Python end."""

import sys
from collections.abc import Callable
from typing import NoReturn

from orrery.errors import UserError

_USER_ERROR = 2


def run_helper(main: Callable[[list[str]], int]) -> NoReturn:
    """Ends this process with what `main` gives for its arguments. Mistakes go to standard error as
    the command line writes them, and end it with 2; so does a package that is missing."""
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as error:
        lines = str(error).splitlines()
    except ModuleNotFoundError as error:
        lines = [
            f"{sys.executable} has no package '{error.name}'; expected the packages of "
            "python/requirements.txt, which scripts/setup installs"
        ]
    for line in lines:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(_USER_ERROR)
