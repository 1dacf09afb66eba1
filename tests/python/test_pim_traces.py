# SPDX-License-Identifier: Apache-2.0
"""PIM command traces: the attention of AttAcc and NeuPIMs, as docs/validation/pim.md has it."""

import json
import subprocess
import sys

import jsonschema
import pytest
from conftest import EXECUTABLE, ROOT

PAGE = (ROOT / "docs" / "validation" / "pim.md").read_text()


def memory(spec, arguments, tmp_path, *options):
    """Runs `scripts/pim_trace.py ARGUMENTS` on a memory; returns memory.json."""
    trace = tmp_path / "trace.txt"
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "pim_trace.py"), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    trace.write_text(made.stdout)
    done = subprocess.run(
        [str(EXECUTABLE), "memory", spec, str(trace), "--json", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("heads", "tokens"), [(64, 2048), (64, 512), (64, 4096), (16, 2048), (128, 2048)]
)
def test_attacc_takes_what_the_page_says(heads, tokens, tmp_path):
    cycles = []
    for spec in ("attacc", "attacc_unlimited"):
        result = memory(
            spec,
            ["attacc", "--heads", str(heads), "--length", str(tokens)],
            tmp_path,
            "--channels",
            "16",
            "--check",
        )
        assert sum(result["check"]["findings"].values()) == 0
        # Two MACABs for 16 tokens, once for the scores and once for the context.
        assert result["commands"]["MACAB"] == heads * 2 * 2 * tokens // 16
        cycles.append(result["time"]["cycles"])
    assert f"| {heads} | {tokens:,} | {cycles[0]:,} | {cycles[1]:,} |" in PAGE
    if (heads, tokens) == (64, 2048):
        # AttAcc's own simulator.
        assert abs(cycles[0] - 16161) <= 0.05 * 16161


def estimate(tokens):
    """Algorithm 1 of NeuPIMs for 8 heads of 128: 100 cycles a copied vector, 184 a tile."""
    logit = 2 * (100 + -(-tokens // 32) * 184)
    attend = 8 * -(-tokens // 512) * (100 + 4 * 184)
    return logit + attend


def tile(columns, commands):
    """Cycles from the first activation of a tile to that of the next: NeuPIMs' rules, page pim.md.

    3 tFAW + tRCD and the other rank's cycle, 2 (max(columns, 6) + 1) between composite commands,
    tRTP after the last column or tRAS after the last activation (15 cycles before), tRP.
    """
    between = 2 * (max(columns, 6) + 1)
    return 105 + (commands - 1) * between + max(2 * (columns - 1) + 5, 19) + 14


@pytest.mark.parametrize("tokens", [376, 64, 1000, 2048])
def test_the_commands_of_neupims_add_up_to_the_run(tokens, tmp_path):
    options = ["--set", "controller.pim_policy=concurrent"]
    none = [*options, "--set", "controller.refresh_policy=none"]
    arguments = ["neupims", "--heads", "8", "--length", str(tokens)]
    alone = memory("neupims", arguments, tmp_path, *none)
    logits = 2 * -(-tokens // 32)  # two vectors of four heads
    chunks = [min(512, tokens - start) for start in range(0, tokens, 512)]
    # Each of eight heads has four tiles of 32 dimensions.
    assert alone["commands"]["GEMV"] == 4 * logits + 32 * len(chunks)
    assert alone["commands"]["G_ACT"] == 8 * (logits + 32 * len(chunks))
    assert alone["commands"]["GWRITE"] == 2 + 8 * len(chunks)
    values = sum(32 * tile(-(-chunk // 16), 1) for chunk in chunks)
    total = logits * tile(8, 4) + values
    # What is left: the first vector's row, and of 64 tokens 11 cycles a vector.
    assert 0 <= alone["time"]["cycles"] - total <= 27 + 11 * alone["commands"]["GWRITE"]
    refreshed = memory("neupims", arguments, tmp_path, *options)
    more = refreshed["time"]["cycles"] - alone["time"]["cycles"]
    number = refreshed["commands"]["REF"]
    row = f"| {tokens:,} | {logits} x 192 = {logits * 192:,} | {values:,} | {total:,}"
    row += f" | {alone['time']['cycles']:,} | {100 * (alone['time']['cycles'] / total - 1):+.1f} %"
    assert row + f" | {number} | {more / number:.0f} |" in PAGE


@pytest.mark.parametrize("tokens", [376, 64, 1000, 2048])
def test_neupims_takes_what_the_page_says(tokens, tmp_path):
    cycles = []
    for policy in ("all_bank", "none"):
        result = memory(
            "neupims",
            ["neupims", "--heads", "8", "--length", str(tokens)],
            tmp_path,
            "--set",
            "controller.pim_policy=concurrent",
            "--set",
            f"controller.refresh_policy={policy}",
            "--check",
        )
        assert sum(result["check"]["findings"].values()) == 0
        cycles.append(result["time"]["cycles"])
    expected = estimate(tokens)
    shares = [100 * (each / expected - 1) for each in cycles]
    row = f"| {tokens:,} | {expected:,} | {cycles[0]:,} | {shares[0]:+.1f} %"
    row += f" | {cycles[1]:,} | {shares[1]:+.1f} % |"
    assert row in PAGE


def test_the_result_has_the_documented_form(tmp_path):
    result = memory("neupims", ["neupims", "--heads", "1", "--length", "32"], tmp_path)
    schema = json.loads((ROOT / "docs" / "schemas" / "memory.schema.json").read_text())
    jsonschema.validate(result, schema)
    # One logit tile and four attend tiles, each with one result read of 64 bytes.
    assert result["pim"]["bytes_out"] == 5 * 64
