# SPDX-License-Identifier: Apache-2.0
"""Files against the JSON Schemas that documentation and editors use."""

import json
import pathlib
import subprocess
import sys

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


def schema(path: str) -> dict:
    return json.loads((ROOT / path).read_text())


def shipped(*patterns: str) -> list[pathlib.Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


@pytest.mark.parametrize("workload", ["tiny_gemm", "tiny_conv", "tiny_attention"])
def test_result_follows_its_schema(run, workload):
    outcome = run("edge", workload)
    assert outcome.code == 0, outcome.stderr
    jsonschema.validate(outcome.result, schema("docs/schemas/result.schema.json"))


def test_partial_result_follows_the_schema(run):
    outcome = run("edge", "resnet18", "--limit-seconds", "0.01")
    assert outcome.result["partial"]
    jsonschema.validate(outcome.result, schema("docs/schemas/result.schema.json"))


def test_page_of_statistics_is_up_to_date():
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "statistics_reference.py"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert made == (ROOT / "docs" / "statistics.md").read_text(), "run scripts/generate_docs"
    undescribed = [line for line in made.splitlines() if line.endswith("|  |")]
    assert not undescribed


@pytest.mark.parametrize(
    ("kind", "path"),
    [("platform", path) for path in shipped("configs/platforms/*.yaml")]
    + [("study", path) for path in shipped("configs/studies/*.yaml")]
    + [("study", path) for path in shipped("configs/sweeps/*.yaml")]
    + [("mapping", path) for path in shipped("configs/mappings/*.yaml")]
    + [
        ("workload", path) for path in shipped("workloads/models/*.yaml", "workloads/layers/*.yaml")
    ],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_editors_accept_shipped_files(kind, path):
    jsonschema.validate(
        yaml.safe_load(path.read_text()), schema(f"configs/schema/{kind}.schema.json")
    )


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("platform", {"enginess": {}}),
        ("platform", {"clocks": {"core": 940}}),
        ("platform", {"engines": {"array": {"kind": "systolic_array", "rows": 0, "columns": 8}}}),
        ("platform", {"engines": {"array": {"kind": "sistolic_array", "rows": 8, "columns": 8}}}),
        ("mapping", {"dataflow": "rows"}),
        ("study", {"metrics": {"cycles": "latency.cycles"}, "axis": {}}),
        ("study", {"metrics": {"cycles": {"pth": "latency.cycles"}}}),
        ("workload", {"kind": "graph", "inputs": {}, "operators": [{"kind": "convolutoin"}]}),
    ],
)
def test_editors_mark_mistakes(kind, change):
    start = {"platform": "configs/platforms/edge.yaml"}.get(kind)
    document = yaml.safe_load((ROOT / start).read_text()) if start else {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | change, schema(f"configs/schema/{kind}.schema.json"))
