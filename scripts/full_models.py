# SPDX-License-Identifier: Apache-2.0
"""Tables of docs/full_models.md: whole models with DRAM in the loop, by kind of layer."""

import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "full_models"
PAGE = ROOT / "docs" / "full_models.md"
PLATFORM = "hbm_ddr"
MODELS = [
    "mobilenet_v1",
    "vit_base_patch16_224",
    "bert_base",
    "mixtral_8x7b_decode",
    "mixtral_8x7b_prefill",
]


def run(model: str) -> dict:
    folder = OUT / model
    folder.parent.mkdir(parents=True, exist_ok=True)
    orrery = ROOT / "build" / "release" / "orrery"
    command = [orrery, "run", "-p", PLATFORM, "-w", model, "-o", folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "result.json").read_text())


def kind_of(name: str) -> str:
    """The name of a layer without its numbers: those of all blocks and experts are one kind."""
    return re.sub(r"(layer|block|expert|conv)\d+", r"\1", name.split("+")[0]).removeprefix("layer.")


def kinds(result: dict) -> list[str]:
    """One row for each kind of layer that takes at least 0.5 % of the cycles."""
    groups: dict[str, list[dict]] = collections.defaultdict(list)
    for layer in result["layers"]:
        groups[kind_of(layer["name"])].append(layer)
    total = sum(layer["cycles"] for layer in result["layers"])
    peak = sum(engine["macs_possible"] for engine in result["engines"])
    per_cycle = peak / result["latency"]["cycles"]
    rows, rest = [], 0
    for name, layers in groups.items():
        cycles = sum(layer["cycles"] for layer in layers)
        if cycles < 0.005 * total:
            rest += cycles
            continue
        macs = sum(layer["macs_useful"] for layer in layers)
        moved = sum(
            memory["bytes_read"] + memory["bytes_written"]
            for layer in layers
            for memory in layer["memory"]
        )
        limits = collections.Counter()
        for layer in layers:
            limits[layer["limited_by"]] += layer["cycles"]
        rows.append(
            f"| {name} | {len(layers)} | {cycles:,} | {cycles / total:.1%} "
            f"| {macs / per_cycle / cycles:.1%} | {moved / 1e6:,.1f} "
            f"| {', '.join(limit for limit, _ in limits.most_common(2))} |"
        )
    rows.append(f"| the rest | | {rest:,} | {rest / total:.1%} | | | |")
    return rows


def table(result: dict) -> str:
    seconds = result["latency"]["seconds"]
    arrays = [engine for engine in result["engines"] if engine["macs_possible"] > 0]
    useful = sum(engine["macs_useful"] for engine in arrays)
    possible = sum(engine["macs_possible"] for engine in arrays)
    busy = max(engine["busy"] / engine["total"] for engine in arrays)
    lines = [
        f"{seconds * 1e3:.3f} ms, {result['latency']['cycles']:,} cycles; "
        f"{useful / 1e9:.2f} G multiply-accumulates, {useful / possible:.1%} of the array's peak; "
        f"the array is busy {busy:.0%} of the time."
    ]
    for tier in result["memory"]:
        moved = tier["bytes_read"] + tier["bytes_written"]
        least = moved / tier["peak_bytes_per_second"]
        if moved:
            lines.append(
                f"{tier['name']}: {moved / 1e6:,.0f} MB, {least * 1e3:.3f} ms at its peak, "
                f"{least / seconds:.0%} of the time."
            )
    head = [
        "| layers | | cycles | share | utilization | MB | limited by |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    return "\n".join([" ".join(lines), "", *head, *kinds(result)])


def main(names: list[str]) -> None:
    text = PAGE.read_text()
    for model in names or MODELS:
        begin, end = f"<!-- {model} begin -->", f"<!-- {model} end -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n{table(run(model))}\n{end}{after}"
    PAGE.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
