# SPDX-License-Identifier: Apache-2.0
"""Every tests/bad_input/onnx_NAME.expected holds what the program must answer, one mistake a line,
to the command in onnx_NAME.args, run in that folder. (The other files there need no Python.)"""

import pathlib
import shlex
import subprocess

import pytest
from conftest import EXECUTABLE, ROOT

FOLDER = ROOT / "tests" / "bad_input"
CASES = sorted(file.stem for file in FOLDER.glob("onnx_*.args"))


def run(arguments, folder=FOLDER, **environment):
    return subprocess.run(
        [EXECUTABLE, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment} if environment else None,
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_answered_and_leaves_nothing(name):
    before = sorted(FOLDER.iterdir())
    done = run(shlex.split((FOLDER / f"{name}.args").read_text()))
    expected = (FOLDER / f"{name}.expected").read_text().splitlines()
    assert done.stderr.splitlines() == [f"error: {line}" for line in expected]
    assert done.returncode == 2
    assert done.stdout == ""
    assert sorted(FOLDER.iterdir()) == before


def test_there_are_cases():
    assert len(CASES) >= 15


def test_a_missing_interpreter_is_explained():
    done = run(["describe", "onnx_ignore.onnxtxt"], ORRERY_PYTHON="/nonexistent/python")
    assert done.returncode == 2
    assert "ONNX models are read by Python, and '/nonexistent/python' is not there" in done.stderr
    assert "scripts/setup" in done.stderr


def test_a_missing_package_is_explained(tmp_path):
    # An interpreter that finds our package and nothing else.
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n')
    python.chmod(0o755)
    done = run(["describe", "onnx_ignore.onnxtxt"], ORRERY_PYTHON=str(python))
    assert done.returncode == 2
    assert "has no package 'onnx'" in done.stderr


def test_the_rest_needs_no_python():
    done = run(
        ["describe", str(pathlib.Path("../../workloads/layers/tiny_gemm.yaml"))],
        ORRERY_PYTHON="/nonexistent/python",
    )
    assert done.returncode == 0
