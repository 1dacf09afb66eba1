# SPDX-License-Identifier: Apache-2.0
"""The tables of a run."""

from __future__ import annotations

from orrery.reporting.table import Cell, Number, Table
from orrery.results.quantities import byte_count, count, percent, si
from orrery.results.view import Json, engine_groups, layer_share

_LONGEST = 10
_PICO = 1e-12


def cycles(value: float) -> Number:
    return Number(value, count(value))


def seconds(value: float) -> Number:
    return Number(value, si(value, "s"))


def nanoseconds(value: float) -> Number:
    return Number(value, si(value * 1e-9, "s"))


def joules(picojoules: float) -> Number:
    """The value stays in picojoules, as in the results."""
    return Number(picojoules, si(picojoules * _PICO, "J"))


def share(value: float) -> Number:
    return Number(value, percent(value))


def size(value: float) -> Number:
    return Number(value, byte_count(value))


def totals(result: Json) -> Table:
    latency, energy = result["latency"], result["energy"]
    clock = latency["reference_clock"]
    hertz = si(clock["frequency_hz"], "Hz")
    useful = sum(engine["macs_useful"] for engine in result["engines"])
    rows: list[list[Cell]] = [
        ["latency", seconds(latency["seconds"])],
        [f"cycles of {clock['name']} ({hertz})", cycles(latency["cycles"])],
        ["energy", joules(energy["total_pj"])],
        ["average power", Number(energy["average_watts"], si(energy["average_watts"], "W"))],
        ["useful multiply-accumulates", Number(useful, si(useful, ""))],
    ]
    rows += [
        [f"utilization of {group.label}", share(group.utilization)]
        for group in engine_groups(result)
        if group.multiplies
    ]
    rows += [
        [f"bandwidth of {memory['name']}, of its peak", share(memory["bandwidth_utilization"])]
        for memory in result["memory"]
        if memory["peak_bytes_per_second"] > 0
    ]
    return Table("totals", "Totals", ["figure", "value"], rows)


def _layer_row(result: Json, layer: Json) -> list[Cell]:
    return [
        layer["name"],
        layer["kind"],
        layer["dataflow"],
        layer["limited_by"],
        seconds(layer["seconds"]),
        cycles(layer["cycles"]),
        share(layer_share(result, layer)),
        share(layer["utilization"]) if layer["macs_useful"] else "",
        joules(layer["energy"]["total_pj"]),
        size(sum(memory["bytes_read"] for memory in layer["memory"])),
        size(sum(memory["bytes_written"] for memory in layer["memory"])),
    ]


_LAYER_COLUMNS = ["layer", "kind", "dataflow", "expected limit", "time", "cycles", "of latency",
                  "utilization", "energy", "read", "written"]  # fmt: skip


def longest_layers(result: Json) -> Table:
    layers = sorted(result["layers"], key=lambda layer: -layer["seconds"])[:_LONGEST]
    if len(result["layers"]) <= _LONGEST:
        layers = []  # they all stand in one table
    title = f"The {len(layers)} longest of {len(result['layers'])} layers"
    rows = [_layer_row(result, layer) for layer in layers]
    return Table("longest_layers", title, _LAYER_COLUMNS, rows)


def all_layers(result: Json) -> Table:
    rows = [_layer_row(result, layer) for layer in result["layers"]]
    return Table("layers", "All layers", _LAYER_COLUMNS, rows, folded=len(rows) > _LONGEST)


def engines(result: Json) -> Table:
    rows: list[list[Cell]] = [
        [
            group.label,
            group.kind,
            share(group.share("busy")),
            share(group.share("stalled")),
            share(group.share("idle")),
            share(group.utilization) if group.multiplies else "",
            next(iter(group.stall_causes), ""),
            size(group.total("bytes_read")),
            size(group.total("bytes_written")),
        ]
        for group in engine_groups(result)
    ]
    columns = ["engine", "kind", "busy", "stalled", "idle", "utilization", "stalls mostly on",
               "read", "written"]  # fmt: skip
    return Table("engines", "Engines", columns, rows)


def memories(result: Json) -> Table:
    rows: list[list[Cell]] = []
    for memory in result["memory"]:
        accesses = memory["row_hits"] + memory["row_misses"] + memory["row_conflicts"]
        achieved = memory["achieved_bytes_per_second"]
        rows.append(
            [
                memory["name"],
                memory.get("standard") or memory["model"],
                size(memory["bytes_read"]),
                size(memory["bytes_written"]),
                Number(achieved, si(achieved, "B/s")),
                share(memory["bandwidth_utilization"]) if memory["peak_bytes_per_second"] else "",
                share(memory["row_hits"] / accesses) if accesses else "",
                nanoseconds(memory["average_read_latency_ns"]),
                nanoseconds(memory["p99_read_latency_ns"]),
            ]
        )
    columns = ["memory", "standard", "read", "written", "bandwidth", "of peak", "row hits",
               "read latency", "99 %"]  # fmt: skip
    return Table("memory", "Memory", columns, rows)


def energy(result: Json) -> Table:
    total = result["energy"]["total_pj"]
    parts = sorted(result["energy"]["components"].items(), key=lambda item: -item[1])
    rows: list[list[Cell]] = [
        [name, joules(value), share(value / total if total else 0.0)] for name, value in parts
    ]
    return Table("energy", "Energy", ["component", "energy", "share"], rows)


def energy_sources(result: Json) -> Table:
    rows: list[list[Cell]] = [[name, text] for name, text in result["energy"]["sources"].items()]
    return Table(
        "energy_sources", "Sources of the coefficients of energy", ["coefficient", "source"], rows,
        folded=True,
    )  # fmt: skip


def invariants(result: Json) -> Table:
    rows: list[list[Cell]] = [
        [item["name"], "holds" if item["holds"] else "BROKEN", item["detail"]]
        for item in result.get("invariants", [])
    ]
    return Table("invariants", "Invariants", ["what was checked", "", "compared"], rows)


def streams(result: Json) -> Table:
    rows: list[list[Cell]] = [
        [
            stream["name"],
            stream["workload"],
            seconds(stream["seconds"]),
            cycles(stream["cycles"]),
            joules(stream["energy_pj"]),
            seconds(stream["rendezvous_wait_fs"] * 1e-15),
        ]
        for stream in result.get("streams", [])
    ]
    columns = ["stream", "workload", "end", "cycles", "energy", "waited for others"]
    return Table("streams", "Streams", columns, rows)


def run_tables(result: Json) -> list[Table]:
    """Those with something in them."""
    tables = [totals(result), longest_layers(result), engines(result), memories(result),
              streams(result), energy(result), all_layers(result), energy_sources(result),
              invariants(result)]  # fmt: skip
    return [table for table in tables if table.rows]
