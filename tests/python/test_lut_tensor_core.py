# SPDX-License-Identifier: Apache-2.0
"""The machines of LUT Tensor Core's Table 1 (ISCA 2025)."""

import json

import pytest
from conftest import derived_values

# platform, array, what makes it 8X, cycles of a step, TOP/s that the table prints
ROWS = {
    "A100 FP16": ("table1_a100", "tensor", [], 1, 312),
    "A100 INT8": ("table1_a100", "tensor8", [], 1, 624),
    "A100-LUT-4X": ("table1_a100", "lut", [], 2, 1248),
    "A100-LUT-8X": ("table1_a100", "lut", ["platform.engines.lut.arrays_m=128"], 2, 2496),
    "H100 FP8": ("table1_h100", "tensor8", [], 1, 1525),
    "H100-LUT-4X": ("table1_h100", "lut", [], 2, 1525),
    "H100-LUT-8X": ("table1_h100", "lut", ["platform.engines.lut.arrays_n=16"], 2, 3049),
}


def options(settings: list[str]) -> list[str]:
    return [part for text in settings for part in ("--set", text)]


@pytest.mark.parametrize("row", ROWS)
def test_peak_is_what_the_table_prints(run, row):
    platform, engine, settings, cycles, published = ROWS[row]
    settings = settings + ["workload.types.activations=fp16"]
    outcome = run(platform, "tiny_gemm", *options(settings))
    assert outcome.code == 0, outcome.stderr
    engines = {item["name"]: item for item in outcome.result["engines"]}
    peak = engines[engine]["peak_operations_per_second"] / cycles / 1e12
    assert peak == pytest.approx(published, rel=1e-3)


def test_two_bit_weights_run_at_that_peak(run, tmp_path):
    mapping = tmp_path / "lut.yaml"
    mapping.write_text('layers: [{match: "*", engines: [lut]}]\n')
    settings = [
        "platform.memory.hbm.model=ideal",
        "workload.inputs.a.shape=[128,4096]",
        "workload.operators.0.columns=1728",
    ]
    outcome = run("table1_a100", "tiny_low_bit_gemm", "-m", mapping, *options(settings))
    assert outcome.code == 0, outcome.stderr
    lut = next(item for item in outcome.result["engines"] if item["name"] == "lut")
    # One block of m and of n, 4,096 / 4 blocks of k, two bits each: 2,048 cycles of products.
    assert lut["macs_useful"] == lut["macs_executed"] == 128 * 4096 * 1728
    assert 2048 <= lut["busy"] <= 1.15 * 2048


# Published counts; BLOOM's less the normalization of its embedding, 2 x 14,336.
@pytest.mark.parametrize(
    ("model", "blocks", "parameters"),
    [
        ("bloom_176b", 70, 176_247_271_424 - 2 * 14_336),
        ("opt_175b", 96, 96 * (12 * 12288**2 + 13 * 12288) + (50272 + 2050) * 12288 + 2 * 12288),
    ],
)
def test_layers_are_those_of_models_as_large_as_published(orrery, model, blocks, parameters):
    whole = [
        f"workload.layers={blocks}",
        "workload.blocks_only=false",
        "workload.types.embeddings=fp16",
    ]
    file = f"workloads/lut_tensor_core/{model}_layer.yaml"
    outcome = orrery("describe", file, *options(whole), "--json")
    assert outcome.code == 0, outcome.stderr
    assert json.loads(outcome.stdout)["total"]["parameters"] == parameters


@pytest.mark.parametrize("study", ["lut_tensor_core", "lut_tensor_core_sms"])
def test_studies_of_table_1_name_files_that_exist(orrery, study):
    outcome = orrery("validate", f"configs/studies/{study}.yaml")
    assert outcome.code == 0, outcome.stderr


def test_fused_tables_cost_less_than_separate_ones(orrery, tmp_path):
    outcome = orrery(
        "study", "lut_tensor_core_tables", "--quick", "-o", tmp_path / "out", "--no-figures"
    )
    assert outcome.code == 0, outcome.stderr
    result = json.loads((outcome.folder / "study.json").read_text())
    overhead = derived_values(result, "overhead", "tables")
    # Per cent of the layer: docs/validation/lut_tensor_core.md
    assert overhead["none"] == 0
    assert abs(overhead["fused"]) < 1 < overhead["separate"] < 4
