# SPDX-License-Identifier: Apache-2.0
"""Every shipped workload on every shipped platform runs clean or says why it does not fit."""

import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLATFORMS = sorted(path.stem for path in (ROOT / "configs" / "platforms").glob("*.yaml"))
WORKLOADS = sorted(path.stem for path in (ROOT / "workloads" / "models").glob("*.yaml"))
# Simulated on every platform; the others differ from these in their sizes.
SIMULATED = [
    "gpt2_decode",
    "gpt2_prefill",
    "llama2_70b_decode",
    "llama2_7b_decode",
    "llama2_7b_prefill",
    "llama3_8b_decode",
    "opt_350m_decode",
    "resnet18",
    "resnet50",
]

# A step of a larger model takes up to a minute on these: hundreds of engines, a cache line by line.
GPUS = ("a100", "h100", "table1")
SIMULATED_ON_GPUS = ["gpt2_decode", "opt_350m_decode", "resnet18"]
CASES = [
    (platform, workload)
    for platform in PLATFORMS
    for workload in (SIMULATED_ON_GPUS if platform.startswith(GPUS) else SIMULATED)
]

# Too large for the memories, of types that the arrays do not take, or with too few channels for
# a table of four activations (the first convolution of an image on a look-up array).
REASONS = ["does not fit", "does not multiply", "are no whole tables of"]


def test_every_model_is_listed_with_its_size(orrery):
    listed = orrery("list", "models", "--json")
    assert listed.code == 0, listed.stderr
    models = {model["name"]: model for model in json.loads(listed.stdout)}
    assert sorted(models) == WORKLOADS
    assert models["gpt2_decode"]["parameters"] == 124_439_808  # its model card
    assert all(model["macs"] > 0 for model in models.values())


@pytest.mark.parametrize(("platform", "workload"), CASES)
def test_runs_or_says_why_not(run, platform, workload):
    # One block of a language model: the others are like it.
    options = [] if workload.startswith("resnet") else ["--set", "workload.layers=1"]
    outcome = run(platform, workload, *options)
    if outcome.code == 2:
        assert any(reason in outcome.stderr for reason in REASONS)
        assert not outcome.folder.exists() or not list(outcome.folder.iterdir())
        return
    assert outcome.code == 0, outcome.stderr
    result = outcome.result
    assert not result["partial"]
    assert result["invariants"]
    assert all(invariant["holds"] for invariant in result["invariants"])
    assert sum(layer["cycles"] for layer in result["layers"]) == result["latency"]["cycles"]


def test_a_model_larger_than_memory_names_the_tensor_and_the_room(run):
    # 69 GB of weights, 8 GiB of memory.
    outcome = run("tpu_like", "llama2_70b_decode")
    assert outcome.code == 2
    assert "does not fit" in outcome.stderr
    assert "weight" in outcome.stderr
    assert not outcome.folder.exists()
