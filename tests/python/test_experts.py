# SPDX-License-Identifier: Apache-2.0
"""Mixtures of experts, end to end."""

import pytest

# Edge-MoE (arXiv 2305.18691): an expert of 2 x 192 x 384 weights of 2 bytes through a port of 32
# bytes a cycle takes 294,912 / 32 cycles to load, and a token 147,456 / 256 to compute.
LOAD = 9216
TOKEN = 576


def expert_layers(result: dict) -> list[dict]:
    return [
        layer
        for layer in result["layers"]
        if ".expert" in layer["name"] and layer["kind"] == "matrix_multiplication"
    ]


def experts_cycles(result: dict, clock_fs: float) -> float:
    """Cycles from the first command of the experts' products to the end of their last."""
    layers = expert_layers(result)
    start = min(layer["start_fs"] for layer in layers)
    end = max(layer["end_fs"] for layer in layers)
    return (end - start) / clock_fs


@pytest.mark.parametrize("tokens", [15, 16, 17])
def test_an_expert_of_edge_moe_takes_the_longer_of_loading_and_computing(run, tokens):
    shape = f"workload.inputs.x.shape=[1,{8 * tokens},192]"
    outcome = run("edge_moe", "edge_moe", "--mapping", "edge_moe", "--set", shape)
    assert outcome.code == 0, outcome.stderr
    result = outcome.result
    assert "tokens per expert " + " ".join([str(tokens)] * 16) in result["notes"][-1]
    cycles = experts_cycles(result, 1e15 / 300e6)
    # The model: the first load, then for each of 16 experts the longer of load and compute.
    model = LOAD + 16 * max(LOAD, tokens * TOKEN)
    print(tokens, cycles, model, cycles / model)
    assert model <= cycles <= 1.05 * model
    weights = next(tier for tier in result["memory"] if tier["name"] == "weights")
    # 16 experts and the router of 192 x 16 weights, all of two bytes.
    assert weights["bytes_read"] == 16 * 294912 + 192 * 16 * 2
