# SPDX-License-Identifier: Apache-2.0
"""A chase of pointers measures the latency of a memory, and of a cache in front of it."""

import pytest

ACCESSES = 256
# One clock for engines and memory, so that no edge is waited for.
MEMORY = [
    "platform.clocks.core=1200 MHz",
    "platform.memory.dram.model=bandwidth",
    "platform.memory.dram.latency=100 ns",
    "platform.engines.load.count=1",
]
CACHE = [
    "platform.memory.dram.cache.capacity=1 MiB",
    "platform.memory.dram.cache.slice_bytes=128",
    "platform.memory.dram.cache.hit_latency=30 ns",
    "platform.memory.dram.cache.miss_latency=10 ns",
    "platform.memory.dram.cache.fill_latency=15 ns",
]


def chase_cycles(run, lines: int, settings: list[str], folder: str, warm: int = 8) -> float:
    """Cycles of an access of a chase: lines of 128 bytes, each touched `warm` times before."""
    workload = [
        f"workload.inputs.lines.shape=[{lines},64]",
        f"workload.operators.1.count={ACCESSES}",
        f"workload.operators.0.count={max(warm * lines, 1)}",
    ]
    options = [part for text in settings + workload for part in ("--set", text)]
    outcome = run("edge", "pointer_chase", *options, folder=folder)
    assert outcome.code == 0, outcome.stderr
    assert all(rule["holds"] for rule in outcome.result["invariants"])
    layers = {layer["name"]: layer for layer in outcome.result["layers"]}
    return layers["chase"]["cycles"] / ACCESSES


def test_an_access_takes_the_way_there_the_memory_and_the_way_back(run):
    # 20 ns to the memory and 20 ns back are 24 cycles each, 100 ns are 120, two bursts of DDR4 4
    # cycles each, and the next access is asked for at the edge at which the last one is there.
    assert chase_cycles(run, 256, MEMORY, "plain") == pytest.approx(24 + 120 + 8 + 24, rel=0.03)


def test_a_cache_shows_as_a_plateau(run):
    """Lines that were touched are answered by the cache, which has room for results too."""
    # 24 cycles there, 1 of the slice, 30 ns = 36, 24 back.
    hit = chase_cycles(run, 256, MEMORY + CACHE, "hit")
    assert hit == pytest.approx(24 + 1 + 36 + 24, rel=0.03)
    # 24 there, 10 ns = 12 to the memory, 120 + 8, 15 ns = 18 back, 24 back. One in 128 accesses
    # finds the line of an earlier one.
    miss = chase_cycles(run, 32768, MEMORY + CACHE, "miss", warm=0)
    assert miss == pytest.approx(24 + 12 + 128 + 18 + 24, rel=0.03)


def test_independent_accesses_overlap(run):
    dependent = chase_cycles(run, 256, MEMORY, "dependent")
    settings = [*MEMORY, "workload.operators.1.dependent=false"]
    assert chase_cycles(run, 256, settings, "independent") < dependent / 3
