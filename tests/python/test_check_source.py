# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check_source.py is broken once, and kept at its limit once."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_source.py"
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
ORDER = "foreach(folder base config workload)\nendforeach()\n"


def check(folder: Path, files: dict[str, str]) -> list[str]:
    """The breaches that the script finds in these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, SCRIPT], cwd=folder, input="\0".join(files), text=True, capture_output=True
    )
    breaches = done.stderr.splitlines()
    assert done.returncode == (1 if breaches else 0)
    return breaches


def cpp_function(lines: int) -> str:
    return LICENCE + "int f() {\n" + "  g();\n" * (lines - 2) + "}\n"


def cpp_method(lines: int) -> str:
    return LICENCE + "class A {\n  int f() {\n" + "    g();\n" * (lines - 2) + "  }\n};\n"


def python_function(lines: int) -> str:
    return "# SPDX-License-Identifier: Apache-2.0\ndef f():\n" + "    g()\n" * (lines - 1)


KEPT = {
    "a file of 500 lines": {"a.cpp": LICENCE + "\n" * 499},
    "a function of 80 lines": {"a.cpp": cpp_function(80)},
    "a method of 80 lines": {"a.h": cpp_method(80)},
    "a Python function of 80 lines": {"a.py": python_function(80)},
    "a namespace is no function": {
        "a.h": LICENCE + "namespace a {\n" + "int x;\n" * 90 + "}  // namespace a\n"
    },
    "an include of a lower folder": {
        "sim/CMakeLists.txt": ORDER,
        "sim/config/a.h": LICENCE + '#include "base/b.h"\n#include "config/c.h"\n',
    },
    "a long text is no code": {"data.csv": "1\n" * 600},
    "bad input may be anything": {"tests/bad_input/a.yaml": "path: /ho" + "me/somebody\n"},
    "a link to a page, an address and a heading": {
        "README.md": "[a](docs/index.md) [b](https://example.org/x) [c](#part)\n",
        "docs/index.md": "[top](../README.md#part)\n",
    },
}

BROKEN = {
    "a file of 501 lines": {"a.cpp": LICENCE + "\n" * 500},
    "a function of 81 lines": {"a.cpp": cpp_function(81)},
    "a method of 81 lines": {"a.h": cpp_method(81)},
    "a Python function of 81 lines": {"a.py": python_function(81)},
    "an include of a higher folder": {
        "sim/CMakeLists.txt": ORDER,
        "sim/config/a.h": LICENCE + '#include "workload/graph.h"\n',
    },
    "no licence line": {"a.cpp": "int x;\n"},
    "a path of one machine": {"a.yaml": "path: /ho" + "me/somebody\n"},
    "unfinished work": {"a.cpp": LICENCE + "// TO" + "DO: finish\n"},
    "a link that leads nowhere": {"README.md": "[a](docs/missing.md)\n"},
    "a page that the index does not name": {"docs/index.md": "\n", "docs/page.md": "\n"},
}


@pytest.mark.parametrize("files", KEPT.values(), ids=KEPT.keys())
def test_accepts(tmp_path: Path, files: dict[str, str]) -> None:
    assert check(tmp_path, files) == []


@pytest.mark.parametrize("files", BROKEN.values(), ids=BROKEN.keys())
def test_finds_exactly_one_breach(tmp_path: Path, files: dict[str, str]) -> None:
    assert len(check(tmp_path, files)) == 1
