# SPDX-License-Identifier: Apache-2.0
"""Running the built executable from tests."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXECUTABLE = pathlib.Path(
    os.environ.get("ORRERY_EXECUTABLE", ROOT / "build" / "release" / "orrery")
)
# The project's own Python package and its extension module.
PACKAGE_PATHS = [str(ROOT / "python"), str(EXECUTABLE.parent / "python")]
sys.path[:0] = PACKAGE_PATHS


@dataclasses.dataclass
class Outcome:
    """What a call of the executable gave."""

    code: int
    stdout: str
    stderr: str
    folder: pathlib.Path

    @property
    def result(self) -> dict:
        return json.loads((self.folder / "result.json").read_text())


@pytest.fixture
def orrery(tmp_path):
    """Calls `orrery ARGUMENTS...` in the root of the source tree."""

    def call(*arguments, folder="out", timeout=600) -> Outcome:
        done = subprocess.run(
            [EXECUTABLE, *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr, tmp_path / folder)

    return call


@pytest.fixture
def run_points(orrery, tmp_path):
    """Writes a study or a sweep and calls `orrery KIND FILE ... -o FOLDER`."""

    def call(kind, text, *options, folder="out") -> Outcome:
        file = tmp_path / "example.yaml"
        file.write_text(text)
        return orrery(kind, file, *options, "-o", tmp_path / folder, folder=folder)

    return call


def check_study_schema(result: dict):
    """Of study.json and sweep.json."""
    schema = json.loads((ROOT / "docs" / "schemas" / "study.schema.json").read_text())
    jsonschema.validate(result, schema)


def derived_values(result: dict, name: str, axis: str) -> dict[str, float]:
    """A derived figure of study.json by the label of an axis."""
    return {
        value["at"][axis]: value["value"]
        for derived in result["derived"]
        if derived["name"] == name
        for value in derived["values"]
    }


@pytest.fixture
def orrery_call(orrery):
    """`orrery` under another name, for tests that import the package."""
    return orrery


@pytest.fixture
def run(orrery, tmp_path):
    """Calls `orrery run -p PLATFORM -w WORKLOAD ... -o FOLDER`."""

    def call(platform, workload, *options, folder="out") -> Outcome:
        return orrery(
            "run", "-p", platform, "-w", workload, *options, "-o", tmp_path / folder, folder=folder
        )

    return call
