# SPDX-License-Identifier: Apache-2.0
"""The code blocks of the documentation. CONTRIBUTING.md says what the words behind a block's
language mean."""

import contextlib
import dataclasses
import io
import os
import pathlib
import re
import shlex
import subprocess

import numpy
import onnx
from conftest import EXECUTABLE, ROOT
from markdown_it import MarkdownIt
from onnx import TensorProto, helper, numpy_helper

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
# What a snippet may read; it writes beside it.
COPIED = ("configs", "workloads")
LINKED = ("build", "docs", "examples", "python", "scripts", "tests")
SECONDS = 60
# A reader's own models, which pages speak of.
MODELS = ("bert.onnx", "resnet50.onnx", "your_model.onnx")


class SnippetError(Exception):
    """A block that does not do what its page says."""


@dataclasses.dataclass
class Snippet:
    line: int
    language: str
    words: dict[str, str]  # behind the language: {"file": "mine.yaml"}, {"slow": ""}
    text: str


def snippets(page: pathlib.Path) -> list[Snippet]:
    found = []
    for token in MarkdownIt().parse(page.read_text()):
        if token.type not in ("fence", "code_block"):
            continue
        language, *words = token.info.split() or [""]
        pairs = dict(word.partition("=")[::2] for word in words)
        found.append(Snippet(token.map[0] + 1, language, pairs, token.content))
    return found


def write_model(file: pathlib.Path) -> None:
    """A product; in bert with free dimensions and an operator behind it that is not imported."""
    free = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "sequence", 16])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "sequence", 8])
    weights = numpy_helper.from_array(numpy.zeros((16, 8), numpy.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    if file.stem == "bert":
        nodes.append(helper.make_node("Hardmax", ["y"], ["z"]))
        result.name = "z"
    else:
        free.type.tensor_type.shape.dim[0].dim_value = 1
        free.type.tensor_type.shape.dim[1].dim_value = 4
    graph = helper.make_graph(nodes, file.stem, [free], [result], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), file)


def make_folder(folder: pathlib.Path) -> None:
    """A source tree to run snippets in: its own folders of inputs, links to the rest."""
    for name in COPIED:
        subprocess.run(["cp", "-rs", ROOT / name, folder / name], check=True)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    (folder / "out").mkdir()
    for name in MODELS:
        write_model(folder / name)


class PageRunner:
    """Runs the blocks of a page one after the other: a later one may need the files of an earlier
    one, and Python goes on with its names."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._names: dict = {"__name__": "__main__"}
        self._output = ""

    def run(self, snippet: Snippet) -> None:
        runners = {
            "sh": self._shell,
            "python": self._python,
            "yaml": self._yaml,
            "cpp": self._cpp,
            "text": self._text,
        }
        if snippet.language not in runners:
            raise SnippetError(f"a block in '{snippet.language}', which no test knows")
        runners[snippet.language](snippet)

    def _call(self, command: list[str]) -> None:
        environment = {
            "PATH": f"{EXECUTABLE.parent}{os.pathsep}{os.environ['PATH']}",
            "ORRERY_CONFIG_PATH": str(self._folder),
        }
        try:
            done = subprocess.run(
                command,
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
                env=os.environ | environment,
            )
        except subprocess.TimeoutExpired as error:
            raise SnippetError(f"{shlex.join(command)} takes over {SECONDS} s") from error
        self._output = done.stdout
        if done.returncode != 0:
            raise SnippetError(f"{shlex.join(command)} ended with {done.returncode}: {done.stderr}")

    def _shell(self, snippet: Snippet) -> None:
        if "test" in snippet.words:
            if not (ROOT / snippet.words["test"]).is_file():
                raise SnippetError(f"there is no {snippet.words['test']}")
        elif "slow" in snippet.words:
            for line in snippet.text.replace("\\\n", " ").splitlines():
                if words := shlex.split(line, comments=True):
                    self._call(self._shortened(words))
        else:
            self._call(["bash", "-e", "-u", "-o", "pipefail", "-c", snippet.text])

    def _shortened(self, words: list[str]) -> list[str]:
        """The command, stopped after a moment, or one that checks the files that it names."""
        program, *arguments = words
        if program.startswith("scripts/"):
            return [program, "--help"]
        kind = arguments[0]
        if kind in ("run", "compare"):
            return [*words, "--limit-seconds", "0.5"]
        if kind not in ("study", "sweep"):
            raise SnippetError(f"no short form of {shlex.join(words)}")
        folder = {"study": "configs/studies", "sweep": "configs/sweeps"}[kind]
        shipped = self._folder / folder / f"{arguments[1]}.yaml"
        return [program, "validate", str(shipped if shipped.exists() else arguments[1])]

    def _python(self, snippet: Snippet) -> None:
        printed = io.StringIO()
        code = compile(snippet.text, "snippet", "exec")
        with contextlib.chdir(self._folder), contextlib.redirect_stdout(printed):
            exec(code, self._names)
        self._output = printed.getvalue()

    def _yaml(self, snippet: Snippet) -> None:
        if "file" in snippet.words:
            file = self._folder / snippet.words["file"]
            file.write_text(snippet.text)
        elif "extends" in snippet.words:
            base = self._folder / snippet.words["extends"]
            file = base.with_name("snippet.yaml")
            file.write_text(f"extends: {base.name}\n{snippet.text}")
        else:
            raise SnippetError("neither file=NAME, a whole file, nor extends=FILE, a part of one")
        self._call(["orrery", "validate", str(file)])

    def _cpp(self, snippet: Snippet) -> None:
        """Each statement stands in a file that is compiled, in this order."""
        code = " ".join((ROOT / snippet.words["from"]).read_text().split())
        place = 0
        for line in snippet.text.splitlines():
            statement = " ".join(re.sub(r"\s//.*", "", line).split())
            place = code.find(statement, place)
            if place < 0:
                raise SnippetError(f"'{statement}' is not in {snippet.words['from']}, or too early")

    def _text(self, snippet: Snippet) -> None:
        wanted = snippet.text.rstrip().splitlines()
        given = [line.rstrip() for line in self._output.rstrip().splitlines()]
        if "output" in snippet.words and wanted != given:
            raise SnippetError(f"the output is now\n{self._output}")
        if "excerpt" in snippet.words:
            rest = iter(given)
            for line in wanted:
                if line.strip() != "..." and line not in rest:
                    raise SnippetError(
                        f"'{line}' is not in the output, or too early:\n{self._output}"
                    )
