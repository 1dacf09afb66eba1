# SPDX-License-Identifier: Apache-2.0
"""Orrery: a cycle-accurate simulator for AI accelerators.

>>> import orrery
>>> platform = orrery.Platform.load("edge")
>>> platform["engines.array.rows"] = 64
>>> orrery.run(platform, "resnet18").cycles  # doctest: +SKIP

The simulator is loaded when it is first used, so that the parts that need no simulator (importers,
figures) work without it.
"""

from __future__ import annotations

import importlib
import pathlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # What type checkers and editors see of the names below.
    from orrery.configuration import Mapping, Platform, Workload
    from orrery.difference import Difference, diff
    from orrery.errors import InternalError, UserError
    from orrery.reporting import report
    from orrery.result import Result
    from orrery.running import compare, lower, run, run_streams
    from orrery.sweeping import Sweep, study, sweep

    __version__: str

# In a checkout the extension module lies in the build folder, as another part of the package.
__path__ = pkgutil.extend_path(__path__, __name__)

# Public name to the module that has it.
_PLACES = {
    "Difference": "difference",
    "InternalError": "errors",
    "Mapping": "configuration",
    "Platform": "configuration",
    "Result": "result",
    "Sweep": "sweeping",
    "UserError": "errors",
    "Workload": "configuration",
    "compare": "running",
    "diff": "difference",
    "lower": "running",
    "report": "reporting",
    "run": "running",
    "run_streams": "running",
    "study": "sweeping",
    "sweep": "sweeping",
}

__all__ = [
    "Difference",
    "InternalError",
    "Mapping",
    "Platform",
    "Result",
    "Sweep",
    "UserError",
    "Workload",
    "compare",
    "diff",
    "lower",
    "report",
    "run",
    "run_streams",
    "study",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("orrery._core").__version__
    if name not in _PLACES:
        raise AttributeError(f"module 'orrery' has no attribute '{name}'")
    return getattr(importlib.import_module(f"orrery.{_PLACES[name]}"), name)


def data_folders() -> list[str]:
    """Folders with the shipped `configs` and `workloads`: in the package, or in the checkout."""
    package = pathlib.Path(__file__).resolve().parent
    candidates = (package / "data", package.parents[1])
    return [str(folder) for folder in candidates if (folder / "configs").is_dir()]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
