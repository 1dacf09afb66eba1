# SPDX-License-Identifier: Apache-2.0
"""Mixtures of experts, end to end."""

import pytest

# Edge-MoE (arXiv 2305.18691): an expert of 2 x 192 x 384 weights of 2 bytes through a port of 32
# bytes a cycle takes 294,912 / 32 cycles to load, and a token 147,456 / 256 to compute.
LOAD = 9216
TOKEN = 576
CYCLE_FS = 1e15 / 300e6


def cycles_between_experts(result: dict) -> list[float]:
    """From the end of each expert's last product to that of the next one, while there is a next."""
    ends = [layer["end_fs"] / CYCLE_FS for layer in result["layers"] if ".down" in layer["name"]]
    return [after - before for before, after in zip(ends, ends[1:], strict=False)][:-1]


@pytest.mark.parametrize("tokens", [15, 16, 17, 24, 32])
def test_an_expert_of_edge_moe_takes_the_longer_of_loading_and_computing(run, tokens):
    shape = f"workload.inputs.x.shape=[1,{8 * tokens},192]"
    outcome = run("edge_moe", "edge_moe", "--mapping", "edge_moe", "--set", shape)
    assert outcome.code == 0, outcome.stderr
    result = outcome.result
    assert result["notes"][-1].endswith("tokens per expert " + " ".join([str(tokens)] * 16))
    # What the model leaves out: the products of an expert wait for what lies between them, the more
    # so the closer loading and computing are.
    model = max(LOAD, tokens * TOKEN)
    for cycles in cycles_between_experts(result):
        assert model <= round(cycles) <= 1.09 * model
    weights = next(tier for tier in result["memory"] if tier["name"] == "weights")
    # 16 experts and the router of 192 x 16 weights, all of two bytes.
    assert weights["bytes_read"] == 16 * 294912 + 192 * 16 * 2


def test_experts_may_lie_in_another_tier(run, tmp_path):
    mapping = tmp_path / "cold.yaml"
    mapping.write_text(
        "placement:\n"
        + "".join(
            f'  - {{tensors: "*.expert{i}.*", role: weight, tiers: [ddr]}}\n' for i in range(8)
        )
    )
    outcome = run("hbm_ddr", "edge_moe", "--mapping", mapping)
    assert outcome.code == 0, outcome.stderr
    tiers = {tier["name"]: tier["bytes_read"] for tier in outcome.result["memory"]}
    # Eight of the sixteen experts, each read once.
    assert tiers["ddr"] == 8 * 294912


def test_weights_cross_again_where_tokens_keep_their_order(run):
    options = ["--mapping", "edge_moe", "--set", "workload.inputs.x.shape=[1,16,192]"]
    token = ["--set", "workload.operators.0.moe.order=token"]
    outcomes = [
        run("edge_moe", "edge_moe", *options, folder="expert"),
        run("edge_moe", "edge_moe", *options, *token, folder="token"),
    ]
    bytes_read = [
        next(tier for tier in outcome.result["memory"] if tier["name"] == "weights")["bytes_read"]
        for outcome in outcomes
    ]
    # Tokens 0 to 7 visit all sixteen experts, two each, and tokens 8 to 15 do so once more.
    router = 192 * 16 * 2
    assert bytes_read == [16 * 294912 + router, 32 * 294912 + router]
