# SPDX-License-Identifier: Apache-2.0
"""Parts of reports and differences that need no browser."""

import math

import pytest
from orrery.reporting.findings import headline, utilization_sentence
from orrery.reporting.roofline import layer_points, roofs
from orrery.results.quantities import byte_count, count, joined, quantity, si, unit_for
from orrery.results.view import engine_groups, layer_rows
from orrery.studies.view import point_values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (1, "1.000 s"),
        (999.94e-6, "999.9 \u00b5s"),
        (999.96e-6, "1.000 ms"),  # rounded up into the next unit
        (9.9996e-3, "10.00 ms"),
        (-0.0123, "-12.30 ms"),
        (1.5e12, "1.500 Ts"),
    ],
)
def test_four_digits_and_the_unit_that_suits(value, text):
    assert si(value, "s") == text


def test_other_figures_for_people():
    assert byte_count(1023) == "1,023 B"
    assert byte_count(1024) == "1.0 KiB"
    assert count(1234567) == "1,234,567"
    assert count(0.123456789) == "0.123457"
    assert quantity(1.5e9, "pJ") == "1.500 mJ"
    assert quantity(3.0, "cycles") == "3 cycles"
    assert unit_for(999e-6, "J") == (pytest.approx(1e6), "\u00b5J")
    assert unit_for(1000e-6, "J") == (pytest.approx(1e3), "mJ")
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"


def layer(name: str, seconds: float, limit: str = "array") -> dict:
    return {"name": name, "seconds": seconds, "limited_by": limit,
            "energy": {"total_pj": 1.0, "components": {"array.mac": 1.0}}}  # fmt: skip


def test_many_layers_are_merged_and_none_is_lost():
    blocks = [layer(f"layer{n}.{part}", n + 1.0) for n in range(40) for part in ("up", "down")]
    layers = [layer("embedding", 5.0), *blocks]
    assert [row.label for row in layer_rows(layers, 100)] == [part["name"] for part in layers]
    assert [row.label for row in layer_rows(layers, 64)] == [
        "embedding", "layer*.up \u00d740", "layer*.down \u00d740",
    ]  # fmt: skip
    rows = layer_rows(layers, 2)
    # The shortest two of three: 5 s, and the first of two with 1 + ... + 40 = 820 s.
    assert [row.name for row in rows] == ["layer*.down", "all others"]
    assert sum(row.seconds for row in rows) == sum(part["seconds"] for part in layers)


def engine(name: str, kind: str, busy: int, stalls: dict, macs: tuple = (0, 0, 0)) -> dict:
    """Of 100 cycles; macs: useful, executed, possible."""
    stalled = sum(stalls.values())
    return {
        "name": name, "kind": kind, "clock_hz": 1e9, "total": 100, "busy": busy,
        "stalled": stalled, "idle": 100 - busy - stalled, "stall_causes": stalls,
        "macs_useful": macs[0], "macs_executed": macs[1], "macs_possible": macs[2],
        "peak_operations_per_second": 2e9 * macs[2] / 100, "bytes_read": 0, "bytes_written": 0,
    }  # fmt: skip


def result(engines: list[dict], bandwidth: float) -> dict:
    return {
        "latency": {"cycles": 100, "seconds": 1e-7},
        "engines": engines,
        "memory": [{"name": "dram", "bandwidth_utilization": bandwidth,
                    "achieved_bytes_per_second": bandwidth * 1e9, "peak_bytes_per_second": 1e9}],
        "layers": [],
    }  # fmt: skip


def test_headline_names_the_memory_that_is_full():
    array = engine("array", "systolic_array", 39, {"waits for dma": 61}, (3900, 3900, 10000))
    load = engine("load", "dma", 97, {})
    assert headline(result([array, load], 0.97)) == (
        "Limited by memory dram: it moves 97 % of the bytes it could (970.0 MB/s of 1.000 GB/s); "
        "array: busy 39 % of the time, 61 % waits for dma."
    )


def test_headline_names_the_array_that_is_busy_but_hardly_filled():
    array = engine("array", "systolic_array", 99, {}, (80, 90, 10000))
    assert headline(result([array], 0.5)) == (
        "Limited by array: busy 99 % of the time, "
        "with 0.8 % of the multiply-accumulates it could do."
    )


def test_headline_says_where_nothing_is_full():
    arrays = [
        engine(f"array{n}", "systolic_array", 60, {"waits for vector_unit": 30}, (500, 600, 1000))
        for n in range(2)
    ]
    vector = engine("vector", "vector_unit", 79, {})
    assert headline(result([*arrays, vector], 0.1)) == (
        "No part is used throughout: vector is busy 79 % of the time and array (2) is busy 60 % of "
        "the time; of array (2), 30 % waits for vector_unit and 10 % has nothing to do."
    )


def test_utilization_is_a_product_of_three_shares():
    array = engine("array", "systolic_array", 80, {}, (360, 400, 1000))
    group = engine_groups({"engines": [array]})[0]
    # 0.8 busy; 400 of the 800 products of that time; 360 of the 400 needed: 0.36.
    assert math.isclose(group.utilization, 0.8 * 0.5 * 0.9)
    assert utilization_sentence(group).startswith(
        "array does 36.0 % of its peak: 80.0 % of the time busy \u00d7 50.0 % of the multipliers "
        "clocked meanwhile \u00d7 90.0 % of their products needed"
    )


@pytest.mark.parametrize(
    ("platform", "workload", "settings"),
    [
        ("edge", "resnet18", []),
        ("hbm_ddr", "mobilenet_v2", []),
        ("neupims", "gpt2_decode", ["-m", "neupims_pim", "--set", "workload.layers=1"]),
    ],
)
def test_no_layer_lies_above_a_roof(run, platform, workload, settings):
    found = run(platform, workload, *settings).result
    highest = max(peak for _, peak in roofs(found))
    for memory in found["memory"]:
        for point in layer_points(found, memory["name"]):
            roof = min(highest, point["intensity"] * memory["peak_bytes_per_second"])
            assert point["rate"] <= roof * (1 + 1e-9), point


def test_derived_figures_of_fewer_axes_are_found_for_each_point():
    points = [
        {"labels": {"a": a, "b": b}, "status": "done", "metrics": {"m": 1.0}}
        for a in ("1", "2")
        for b in ("x", "y")
    ]
    points[3] |= {"status": "failed"}
    study = {
        "points": points,
        "metrics": [],
        "derived": [{"name": "mean", "values": [{"at": {"a": "1"}, "value": 7.0},
                                                {"at": {"a": "2"}, "value": 9.0}]}],
    }  # fmt: skip
    assert point_values(study, "mean") == [7.0, 7.0, 9.0, None]
