# SPDX-License-Identifier: Apache-2.0
"""The GPU-shaped platforms: peaks, waves of thread blocks, latencies of L2 and memory."""

import pytest


def settings(values: list[str]) -> list[str]:
    return [part for text in values for part in ("--set", text)]


def product(run, platform: str, m: int, n: int, k: int, folder: str, *more: str) -> dict:
    shape = [f"workload.inputs.a.shape=[{m},{k}]", f"workload.operators.0.columns={n}"]
    outcome = run(platform, "gemm", *settings(shape), *more, folder=folder)
    assert outcome.code == 0, outcome.stderr
    assert all(rule["holds"] for rule in outcome.result["invariants"])
    return outcome.result


@pytest.mark.parametrize(
    ("platform", "peak"),
    [
        ("a100", 108 * 1024),
        ("a100_int8", 108 * 2048),
        ("h100", 132 * 2048),
        ("h100_fp8", 132 * 4096),
        # Of 1-bit weights: 16 arrays of 512 products and the tensor cores.
        ("a100_lut_4x", 108 * (16 * 512 + 1024)),
        ("a100_lut_8x", 108 * (32 * 512 + 1024)),
    ],
)
def test_peaks_are_those_of_the_sources(run, platform, peak):
    """312, 624, 989 and 1,979 T operations a second at 1.41 and 1.83 GHz; 16 and 32 LUT arrays."""
    result = product(run, platform, 16, 16, 64, "peak")
    assert sum(engine["macs_possible"] / engine["total"] for engine in result["engines"]) == peak


def test_one_tile_more_than_sms_takes_another_wave(run, tmp_path):
    """108 tiles of 128 x 128 are a wave on 108 SMs, 109 are two. Before an ideal memory."""
    rule = tmp_path / "tiles.yaml"
    rule.write_text(
        "tile_budget_percent: 100\nlayers: [{match: product, tiles: {m: 128, n: 128, k: 64}}]\n"
    )
    ideal = ["platform.memory.hbm.cache=null", "platform.memory.hbm.model=ideal"]
    times = {}
    for tiles in (107, 108, 109, 216):
        options = ["-m", str(rule), *settings(ideal)]
        result = product(run, "a100", 128 * tiles, 128, 512, f"w{tiles}", *options)
        times[tiles] = result["layers"][0]["cycles"]
    # A tile is 128 x 128 x 512 / 1,024 = 8,192 cycles of the tensor cores.
    assert times[108] == times[107]
    assert times[109] == pytest.approx(times[108] + 8192, rel=0.01)
    assert times[216] == times[109]


def test_rows_that_fill_no_cluster_take_another_wave(run, tmp_path):
    """36 columns of tiles by 3 rows are 108 and a wave; in clusters of 2 rows 144 and two."""
    ideal = ["platform.memory.hbm.cache=null", "platform.memory.hbm.model=ideal"]
    times = {}
    for rows, columns in ((2, 54), (3, 36)):
        for cluster in (1, 2):
            rule = tmp_path / f"cluster{cluster}.yaml"
            rule.write_text(
                "tile_budget_percent: 100\n"
                "layers: [{match: product, kernels: [{tiles: {m: 128, n: 128, k: 64}, stages: 2, "
                f"cluster: {cluster}}}]}}]\n"
            )
            options = ["-m", str(rule), *settings(ideal)]
            sizes = (128 * rows, 128 * columns, 512)
            result = product(run, "a100", *sizes, f"c{cluster}_{rows}", *options)
            times[rows, cluster] = result["layers"][0]["cycles"]
    assert times[2, 2] == pytest.approx(times[2, 1], rel=0.01)
    # A tile is 8,192 cycles of the tensor cores.
    assert times[3, 2] == pytest.approx(times[3, 1] + 8192, rel=0.01)


def test_a_tile_of_a_kernel_is_computed_whole(run, tmp_path):
    """64 rows and 128 take the same where the tile has 128, and half of it where it has 64."""
    ideal = ["platform.memory.hbm.cache=null", "platform.memory.hbm.model=ideal"]
    results = {}
    for rows, tile in ((64, 128), (128, 128), (64, 64)):
        rule = tmp_path / f"tile{tile}.yaml"
        rule.write_text(
            "tile_budget_percent: 100\n"
            "layers: [{match: product, kernels: [{tiles: "
            f"{{m: {tile}, n: 128, k: 64}}, stages: 2}}]}}]\n"
        )
        options = ["-m", str(rule), *settings(ideal)]
        results[rows, tile] = product(run, "a100", rows, 128, 4096, f"w{rows}_{tile}", *options)
    cycles = {key: result["layers"][0]["cycles"] for key, result in results.items()}
    # 128 x 128 x 4,096 / 1,024 are 65,536 cycles; loads of fewer rows begin a little earlier.
    assert cycles[128, 128] - cycles[64, 128] < 300
    assert cycles[128, 128] - cycles[64, 64] == pytest.approx(32768, rel=0.02)


@pytest.mark.parametrize(
    ("platform", "level", "lines", "nanoseconds"),
    [
        # 202.8 cycles of 1,395 MHz and 264.4 of 1,755 MHz; DRAM 406 and 374 ns (arXiv 2402.13499).
        # All channels are refreshed at a time, every 3,900 ns, and a chase falls in step with that:
        # its accesses take 3,900 / n ns.
        ("a100", "L2", 4096, 145.4),
        ("h100", "L2", 4096, 150.7),
        ("a100", "DRAM", 1 << 20, 406),
        ("h100", "DRAM", 1 << 20, 374),
    ],
)
def test_lone_accesses_take_what_was_measured(run, platform, level, lines, nanoseconds):
    accesses = 512
    workload = [
        "platform.sequencer.launch_latency=0 ns",
        f"workload.inputs.lines.shape=[{lines},64]",
        f"workload.operators.0.count={8 * lines if level == 'L2' else 1}",
        f"workload.operators.1.count={accesses}",
    ]
    outcome = run(platform, "pointer_chase", *settings(workload), folder="chase")
    assert outcome.code == 0, outcome.stderr
    layers = {layer["name"]: layer for layer in outcome.result["layers"]}
    clock = 1.41 if platform == "a100" else 1.83
    assert layers["chase"]["cycles"] / accesses / clock == pytest.approx(nanoseconds, rel=0.05)
