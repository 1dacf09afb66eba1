# SPDX-License-Identifier: Apache-2.0
"""compute_cycles under SCALE-Sim's convention equal its own figures, plus the one cycle by which
its figure, the index of the last cycle, falls short."""

import collections
import csv
import pathlib

import pytest

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
# The others are not shipped.
SHIPPED = {"alexnet": "scalesim_alexnet", "resnet18": "scalesim_resnet18"}


def published():
    """{(topology, rows, dataflow): [compute cycles of each layer]} of the table measured."""
    rows = collections.defaultdict(list)
    with (DATA / "scalesim_compute_cycles.csv").open() as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            key = row["topology"], int(row["rows"]), row["dataflow"]
            rows[key].append(int(row["compute_cycles"]))
    return rows


PUBLISHED = published()


@pytest.mark.parametrize("topology,rows,dataflow", sorted(PUBLISHED))
def test_equals_every_layer(run, topology, rows, dataflow):
    name = {"gpt2_mnk": "gpt2"}.get(topology, topology)
    outcome = run(
        f"scalesim_{rows}",
        SHIPPED.get(topology, DATA / "scalesim" / f"{name}_mnk.yaml"),
        "--dataflow",
        dataflow,
    )
    assert outcome.code == 0, outcome.stderr
    with (outcome.folder / "layers.csv").open() as file:
        ours = [int(row["compute_cycles"]) for row in csv.DictReader(file)]
    assert ours == [cycles + 1 for cycles in PUBLISHED[topology, rows, dataflow]]


def test_compare_says_that_the_convention_favours_os(orrery):
    outcome = orrery("compare", "-p", "scalesim_32", "-w", "scalesim_alexnet")
    assert outcome.code == 0, outcome.stderr
    assert "favours" in outcome.stdout
