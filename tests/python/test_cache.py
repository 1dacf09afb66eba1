# SPDX-License-Identifier: Apache-2.0
"""A cache in front of a memory: what it saves, what it is charged for, and that its books agree."""

import pytest

LATENCIES = {"hit_latency": "20 ns", "miss_latency": "10 ns", "fill_latency": "10 ns"}


def cached(capacity: str, ways: int = 16) -> list[str]:
    """Options that put a cache in front of edge's DRAM."""
    keys = {"capacity": capacity, "line": "128 B", "ways": ways, "slices": 4, **LATENCIES}
    return [
        part
        for key, value in keys.items()
        for part in ("--set", f"platform.memory.dram.cache.{key}={value}")
    ]


@pytest.mark.parametrize("model", ["tiny_conv", "resnet18", "gpt2_decode"])
def test_memory_and_cache_agree(run, model):
    """Every invariant holds: bytes asked of the cache, and by the cache of the memory."""
    outcome = run("edge", model, *cached("256 KiB"))
    assert outcome.code == 0, outcome.stderr
    assert all(rule["holds"] for rule in outcome.result["invariants"])
    memory = outcome.result["memory"][0]
    cache = memory["cache"]
    assert memory["bytes_read"] <= cache["misses"] * 128
    assert memory["bytes_written"] <= cache["write_backs"] * 128
    layers = [layer["memory"][0]["cache"] for layer in outcome.result["layers"]]
    for key in ("hits", "misses", "merged", "allocated", "write_backs", "bytes_read"):
        assert sum(layer[key] for layer in layers) == cache[key]


def test_a_larger_cache_reads_less_and_a_tiny_one_nothing_less(run):
    read = [
        run("edge", "resnet18", *options, folder=name).result["memory"][0]["bytes_read"]
        for name, options in {
            "none": [],
            "tiny": cached("2 KiB"),
            "large": cached("1 MiB"),
            "whole": cached("64 MiB"),
        }.items()
    ]
    none, tiny, large, whole = read
    assert whole < large < none
    # Nothing is used again within 16 lines; ends of rows cost a line of two bursts.
    assert none <= tiny


def test_energy_of_the_cache_is_bytes_times_coefficients(run):
    outcome = run("edge", "tiny_conv", *cached("256 KiB"))
    cache = outcome.result["memory"][0]["cache"]
    # configs/energy/nm28.yaml: 2.89 pJ a byte read, 2.36 written.
    expected = 2.89 * (cache["bytes_read"] + 128 * cache["write_backs"]) + 2.36 * (
        cache["bytes_written"] + 128 * cache["misses"]
    )
    assert outcome.result["energy"]["components"]["cache"] == pytest.approx(expected, rel=1e-9)
