#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/validation/neupims.md from the studies of NeuPIMs, as Markdown:

    orrery study neupims && orrery study neupims_single_layer && orrery study neupims_sensitivity
    python3 scripts/neupims_tables.py out/neupims out/neupims_single_layer out/neupims_sensitivity

Folders that are not there are left out.
"""

import json
import pathlib
import sys


class Study:
    def __init__(self, folder: pathlib.Path):
        self.study = json.loads((folder / "study.json").read_text("utf-8"))

    def axis(self, name: str) -> list[str]:
        return next(axis["labels"] for axis in self.study["axes"] if axis["name"] == name)

    def value(self, figure: str, **at: str) -> float | None:
        """Of a derived figure or a metric at some labels; None where there is none."""
        for derived in self.study["derived"]:
            if derived["name"] == figure:
                return next((v["value"] for v in derived["values"] if v["at"] == at), None)
        for point in self.study["points"]:
            if point["labels"] == at:
                return point.get("metrics", {}).get(figure)
        return None


def text(value: float | None, digits: int = 2) -> str:
    if value is None:
        return "-"
    return f"{round(value):,}" if digits == 0 else f"{value:.{digits}f}"


def table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


RATIOS = {
    "NPU+PIM over NPU only": "pim_over_npu",
    "at its best": "best_pim_over_npu",
    "dual buffers": "dual_gain",
    "both packed": "packed_dual_gain",
    "packing": "packing_gain",
    "interleaving": "interleaving_gain",
    "NeuPIMs over NPU+PIM": "neupims_over_pim",
    "over NPU+PIM at its best": "neupims_over_best_pim",
    "over NPU only": "neupims_over_npu",
}


def published(study: Study) -> str:
    rows = []
    for row in study.study["published"]:
        at = ", ".join(row["at"].values())
        beside = [text(entry.get("value")) for entry in row["beside"]]
        ours = text(row["ours"].get("value"))
        rows.append(
            [row["figure"] + (f" ({at})" if at else ""), str(row["published"]), ours, *beside]
        )
    return table(["figure", "published", "ours", "all at their best"], rows)


def cells(study: Study):
    for model in study.axis("model"):
        for lengths in study.axis("lengths"):
            for batch in study.axis("batch"):
                yield {"model": model, "lengths": lengths, "batch": batch}


def ratios(study: Study) -> str:
    rows = []
    for cell in cells(study):
        values = [study.value(figure, **cell) for figure in RATIOS.values()]
        if any(value is not None for value in values):
            rows.append([*cell.values(), *map(text, values)])
    return table(["model", "lengths", "batch", *RATIOS], rows)


POWERS = {
    "all": "memory_power",
    "standby": "standby_power",
    "second buffers": "second_buffer_power",
    "refresh": "refresh_power",
    "ACT, PRE": "activate_power",
    "reads, writes": "transfer_power",
    "PIM": "pim_power",
}


def energies(study: Study) -> str:
    rows = []
    for batch in study.axis("batch"):
        for system in ["NPU only", "NPU+PIM packed", "dual buffers packed", "interleaved"]:
            at = {"model": "7B", "lengths": "ShareGPT", "batch": batch, "system": system}
            if study.value("memory_power", **at) is None:
                continue
            powers = [text(study.value(figure, **at), 1) for figure in POWERS.values()]
            energy = study.value("memory_energy", **at) / 1e6
            token = text(study.value("token_energy", **at))
            rows.append([batch, system, *powers, text(energy, 0), token])
    return table(["batch", "system", *POWERS, "memory, uJ", "token, uJ"], rows)


def utilizations(study: Study) -> str:
    rows = []
    for batch in study.axis("batch"):
        for system in study.axis("system"):
            at = {"model": "30B", "lengths": "ShareGPT", "batch": batch, "system": system}
            values = [
                study.value(figure, **at)
                for figure in ["npu_utilization", "pim_utilization", "pim_mac_utilization"]
            ]
            if values[0] is not None:
                rows.append([batch, system, *(text(100 * value, 1) for value in values)])
    return table(["batch", "system", "arrays, %", "PIM busy, %", "PIM products, %"], rows)


def sensitivity(study: Study) -> str:
    batches = study.axis("batch")
    rows = []
    for point in study.axis("point"):
        at = [{"point": point, "batch": batch} for batch in batches]
        blocks = [text(study.value("block", **one), 0) for one in at]
        cores = [
            study.value("attention", **one) if study.value("rest", **one) else None for one in at
        ]
        rows.append([point, *blocks, *(text(core, 0) for core in cores)])
    titles = [f"block, {batch}" for batch in batches] + [f"attention, {b}" for b in batches]
    blocks = table(["", *titles], rows)
    figures = [d for d in study.study["derived"] if [*d["axes"]] == ["batch"]]
    gains = [
        [figure["name"], *(text(study.value(figure["name"], batch=batch)) for batch in batches)]
        for figure in figures
    ]
    return blocks + "\n" + table(["", *batches], gains)


TABLES = {
    "neupims": {
        "Published and ours": published,
        "Ratios": ratios,
        "Energy, 7B, ShareGPT": energies,
        "Utilizations, 30B, ShareGPT": utilizations,
    },
    "neupims_single_layer": {"Ratios where only the layer fits": ratios},
    "neupims_sensitivity": {"Sensitivity": sensitivity},
}


def main() -> int:
    for argument in sys.argv[1:]:
        folder = pathlib.Path(argument)
        if not (folder / "study.json").exists():
            continue
        study = Study(folder)
        for title, make in TABLES[study.study["name"]].items():
            print(f"## {title}\n\n{make(study)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
