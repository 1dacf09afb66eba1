# SPDX-License-Identifier: Apache-2.0
"""What limits a run, in sentences, from its counters alone."""

from __future__ import annotations

import dataclasses

from orrery.results.quantities import joined, percent, si
from orrery.results.view import EngineGroup, Json, engine_groups, layer_rows, layer_share

# From this share of the time on a part is said to limit the run.
LIMITING = 0.8
# From this share on it is named beside another.
SOME = 0.25
# Shares below this are not worth a word.
NOTABLE = 0.03
# Of a busy array: its peak is out of reach for another reason than waiting.
LOW_UTILIZATION = 0.5
# More layers are merged by their names.
MOST_ROWS = 40


@dataclasses.dataclass(frozen=True)
class Part:
    """Something that can be fully used: an engine, or the data buses of a memory."""

    name: str
    share: float
    sentence: str
    group: EngineGroup | None = None

    @property
    def verb(self) -> str:
        return "moves" if self.group is None else "is"


def parts_of(result: Json) -> list[Part]:
    """The most used first. DMA engines are left out: they work as long as memories do."""
    parts = [
        Part(
            group.label,
            group.share("busy"),
            f"busy {percent(group.share('busy'), 0)} of the time",
            group,
        )
        for group in engine_groups(result)
        if group.kind != "dma"
    ]
    parts += [
        Part(
            f"memory {memory['name']}",
            memory["bandwidth_utilization"],
            f"{percent(memory['bandwidth_utilization'], 0)} of the bytes it could "
            f"({si(memory['achieved_bytes_per_second'], 'B/s')} of "
            f"{si(memory['peak_bytes_per_second'], 'B/s')})",
        )
        for memory in result["memory"]
        if memory["peak_bytes_per_second"] > 0
    ]
    return sorted(parts, key=lambda part: -part.share)


def rest_of_time(group: EngineGroup) -> str:
    """What the engines do while they do not work; empty where that is not worth a word."""
    total = group.total("total")
    causes = [
        f"{percent(cycles / total, 0)} {cause}"
        for cause, cycles in group.stall_causes.items()
        if total and cycles / total >= NOTABLE
    ]
    idle = group.share("idle")
    if idle >= NOTABLE:
        causes.append(f"{percent(idle, 0)} has nothing to do")
    return joined(causes[:3])


def main_array(result: Json) -> EngineGroup | None:
    """The engines with the most useful multiply-accumulates."""
    arrays = [group for group in engine_groups(result) if group.multiplies]
    return max(arrays, key=lambda group: group.total("macs_useful"), default=None)


def headline(result: Json) -> str:
    """The answer to "what limits this design?" in one sentence."""
    parts = parts_of(result)
    array = main_array(result)
    if not parts or not result["latency"]["cycles"]:
        return "Nothing was simulated that could limit the run."
    top = parts[0]
    if top.share < LIMITING:
        worth = [part for part in parts if part.share >= SOME or part is top]
        used = joined([f"{part.name} {part.verb} {part.sentence}" for part in worth[:2]])
        rest = rest_of_time(array) if array is not None else ""
        return f"No part is used throughout: {used}{f'; of {array.label}, {rest}' if rest else ''}."
    start = "" if top.group is not None else "it moves "
    sentence = f"Limited by {top.name}: {start}{top.sentence}"
    if top.group is None and array is not None:
        sentence += f"; {array.label}: busy {percent(array.share('busy'), 0)} of the time"
    elif top.group is not None and top.group.multiplies and top.group.utilization < LOW_UTILIZATION:
        done = percent(top.group.utilization)
        return f"{sentence}, with {done} of the multiply-accumulates it could do."
    rest = rest_of_time(array if array is not None else top.group) if array or top.group else ""
    return f"{sentence}{f', {rest}' if rest else ''}."


def utilization_sentence(group: EngineGroup) -> str:
    """Why an array does not reach its peak, as a product of three shares."""
    busy = group.share("busy")
    executed, useful = group.total("macs_executed"), group.total("macs_useful")
    filled = executed / (group.total("macs_possible") * busy) if busy else 0.0
    needed = useful / executed if executed else 0.0
    return (
        f"{group.label} does {percent(group.utilization)} of its peak: {percent(busy)} of the time "
        f"busy \u00d7 {percent(filled)} of the multipliers clocked meanwhile "
        f"\u00d7 {percent(needed)} of their products needed, not padding."
    )


def memory_sentence(memory: Json) -> str:
    accesses = memory["row_hits"] + memory["row_misses"] + memory["row_conflicts"]
    text = (
        f"{memory['name']} moves {si(memory['achieved_bytes_per_second'], 'B/s')}, "
        f"{percent(memory['bandwidth_utilization'])} of its peak"
        if memory["peak_bytes_per_second"] > 0
        else f"{memory['name']} has no limit"
    )
    if accesses:
        text += (
            f"; {percent(memory['row_hits'] / accesses)} of the bursts hit an open row, a read "
            f"takes {si(memory['average_read_latency_ns'] * 1e-9, 's')} on average"
        )
    return f"{text}."


def energy_sentence(result: Json) -> str:
    total = result["energy"]["total_pj"]
    components = sorted(result["energy"]["components"].items(), key=lambda item: -item[1])
    if not total:
        return "No energy was counted."
    largest = [f"{name} {percent(value / total, 0)}" for name, value in components[:3]]
    return f"Of {si(total * 1e-12, 'J')}, most goes to {joined(largest)}."


def layers_sentence(result: Json) -> str:
    """Which layers, or kinds of them, take half of the time."""
    rows = sorted(layer_rows(result["layers"], MOST_ROWS), key=lambda row: -row.seconds)
    named, reached = [], 0.0
    for row in rows:
        share = sum(layer_share(result, layer) for layer in row.layers)
        named.append(f"{row.label} {percent(share, 0)}")
        reached += share
        if reached >= 0.5 or len(named) == 4:
            break
    return f"Of the latency, {joined(named)}."


def findings(result: Json) -> list[str]:
    """Further sentences, in the order in which a reader asks."""
    groups = [group for group in engine_groups(result) if group.total("macs_useful") > 0]
    sentences = [utilization_sentence(group) for group in groups if group.multiplies]
    sentences += [memory_sentence(memory) for memory in result["memory"]]
    if result["layers"]:
        sentences.append(layers_sentence(result))
    return [*sentences, energy_sentence(result)]
