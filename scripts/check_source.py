# SPDX-License-Identifier: Apache-2.0
"""The project's own rules for its files, which no formatter knows.

Reads the names of the files from standard input, each ended by a NUL, relative to the current
folder; prints every breach as path:line: text, and the ten longest files and functions.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 80
CPP_SUFFIXES = {".cpp", ".h"}

# Written so that this file does not match itself.
FORBIDDEN = [
    (re.compile(r"""(?:^|[\s"'`=(:])/(?:home|work)/"""), "absolute path of one machine"),
    (re.compile(r"\b(?:TO[D]O|FIX[M]E)\b"), "unfinished work belongs into an issue"),
]

# The opening of a C++ function, as clang-format leaves it: unindented, or two columns deep in a
# class, ending in "{"; scopes that are no functions are told by their first word.
CPP_FUNCTION_START = re.compile(
    r"^(  )?(?!(?:namespace|class|struct|enum|union|extern)\b)[\w~:<\[]"
)
# For a folder, the folders in it in the order of dependency.
Orders = dict[Path, list[str]]
MARKDOWN_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


class Breach(NamedTuple):
    path: Path
    line: int
    text: str


class Function(NamedTuple):
    path: Path
    line: int
    lines: int


def code_kind(path: Path, lines: list[str]) -> str:
    """'cpp', 'python', 'shell', 'cmake', or '' for what is no code."""
    if path.suffix in CPP_SUFFIXES:
        return "cpp"
    if path.suffix == ".py":
        return "python"
    if path.suffix == ".sh" or (lines and lines[0].startswith("#!") and "sh" in lines[0]):
        return "shell"
    if path.suffix == ".cmake" or path.name == "CMakeLists.txt":
        return "cmake"
    return ""


def cpp_functions(path: Path, lines: list[str]) -> Iterator[Function]:
    start = None
    indent = ""
    for number, line in enumerate(lines, 1):
        if start is None:
            match = CPP_FUNCTION_START.match(line)
            if match and line.endswith("{") and "=" not in line.split("(")[0]:
                start, indent = number, match.group(1) or ""
        elif re.match(rf"{indent}\}}", line):
            yield Function(path, start, number - start + 1)
            start = None


def python_functions(path: Path, lines: list[str]) -> Iterator[Function]:
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(path, node.lineno, node.end_lineno - node.lineno + 1)


def shell_functions(path: Path, lines: list[str]) -> Iterator[Function]:
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"\w+\(\) [{(]$", line):
            start = number
        elif start is not None and line in ("}", ")"):
            yield Function(path, start, number - start + 1)
            start = None


FUNCTIONS_OF = {"cpp": cpp_functions, "python": python_functions, "shell": shell_functions}


def dependency_orders(root: Path) -> Orders:
    """For each folder of sim/, the folders in it in the order in which its CMakeLists adds them."""
    orders = {}
    for cmake in sorted(root.glob("sim/**/CMakeLists.txt")):
        match = re.search(r"^foreach\(folder ([^)]*)\)", cmake.read_text("utf-8"), re.MULTILINE)
        if match:
            orders[cmake.parent.relative_to(root)] = match.group(1).split()
    return orders


def include_breaches(path: Path, lines: list[str], orders: Orders) -> Iterator[Breach]:
    """A folder of sim/ includes only itself and what is added before it, at every level."""
    for folder, order in orders.items():
        if not path.is_relative_to(folder):
            continue
        place = path.relative_to(folder).parts[0]
        if place not in order:
            continue
        later = order[order.index(place) + 1 :]
        prefix = "".join(f"{part}/" for part in folder.parts[1:])
        for number, line in enumerate(lines, 1):
            match = re.match(rf'#include "{prefix}(\w+)/', line)
            if match and match.group(1) in later:
                text = f"{folder}/{place} may not include {match.group(1)}/, which depends on it"
                yield Breach(path, number, text)


def text_breaches(path: Path, lines: list[str], kind: str) -> Iterator[Breach]:
    for number, line in enumerate(lines, 1):
        for pattern, text in FORBIDDEN:
            if pattern.search(line):
                yield Breach(path, number, text)
    if kind in ("cpp", "python", "shell") and not any("SPDX-License" in line for line in lines[:2]):
        yield Breach(path, 1, "the licence line is missing (SPDX-License-Identifier)")
    if kind and len(lines) > MAX_FILE_LINES:
        yield Breach(path, len(lines), f"{len(lines)} lines; at most {MAX_FILE_LINES}")


def link_breaches(path: Path, lines: list[str]) -> Iterator[Breach]:
    for number, line in enumerate(lines, 1):
        for target in MARKDOWN_LINK.findall(line):
            if not (path.parent / target).exists():
                yield Breach(path, number, f"the link to {target} leads nowhere")


def index_breaches(files: list[Path]) -> Iterator[Breach]:
    """docs/index.md names every page of docs/."""
    index = Path("docs/index.md")
    if index not in files:
        return
    linked = {index.parent / target for target in MARKDOWN_LINK.findall(index.read_text("utf-8"))}
    for page in files:
        if page.parts[0] == "docs" and page.suffix == ".md" and page not in linked | {index}:
            yield Breach(index, 1, f"{page} is not listed")


def read_lines(path: Path) -> list[str] | None:
    """The lines of a text file; None for anything else."""
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        return None


def print_longest(title: str, sizes: list[tuple[int, str]]) -> None:
    print(f"    longest {title}:")
    for size, name in sorted(sizes, reverse=True)[:10]:
        print(f"    {size:6} {name}")


def main() -> int:
    files = [Path(name) for name in sys.stdin.read().split("\0") if name]
    orders = dependency_orders(Path())
    breaches = list(index_breaches(files))
    functions: list[Function] = []
    file_sizes: list[tuple[int, str]] = []
    for path in files:
        # Bad input is bad on purpose.
        lines = None if path.parts[:2] == ("tests", "bad_input") else read_lines(path)
        if lines is None:
            continue
        kind = code_kind(path, lines)
        breaches += text_breaches(path, lines, kind)
        breaches += include_breaches(path, lines, orders)
        if path.suffix == ".md":
            breaches += link_breaches(path, lines)
        if kind:
            file_sizes.append((len(lines), str(path)))
        if kind in FUNCTIONS_OF:
            functions += FUNCTIONS_OF[kind](path, lines)
    breaches += [
        Breach(f.path, f.line, f"function of {f.lines} lines; at most {MAX_FUNCTION_LINES}")
        for f in functions
        if f.lines > MAX_FUNCTION_LINES
    ]
    print_longest("files", file_sizes)
    print_longest("functions", [(f.lines, f"{f.path}:{f.line}") for f in functions])
    for breach in breaches:
        print(f"{breach.path}:{breach.line}: {breach.text}", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
