# SPDX-License-Identifier: Apache-2.0
"""The report of a comparison: the same workload under several dataflows or variants."""

from __future__ import annotations

import re

from orrery.reporting.chart import (
    Chart,
    NoChart,
    bar_style,
    distinct,
    horizontal_bars,
    new_figure,
    row_height,
)
from orrery.reporting.page import Page, sorted_charts
from orrery.reporting.run_report import PARTIAL, program
from orrery.reporting.run_tables import cycles, joules, share
from orrery.reporting.table import Number, Table
from orrery.results.folder import ResultFolder
from orrery.results.quantities import joined, percent, si, unit_for
from orrery.results.view import Json

MOST_ROWS = 48
_PICO = 1e-12


def case_of(result: Json) -> str:
    """The dataflow, with the variant where there are several."""
    return " ".join(filter(None, [result["dataflow"], result.get("variant", "")]))


def total_cycles(folder: ResultFolder) -> Chart:
    total = folder.json["total"]
    labels = [case_of(result) for result in total]
    figure = new_figure(row_height(len(total)), "cycles", "")
    figure.add_bar(
        x=[result["cycles"] for result in total],
        y=labels,
        orientation="h",
        marker=bar_style(0),
        text=[f"\u00d7 {result['ratio']:.3f}" for result in total],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,} cycles, %{text}<extra></extra>",
        showlegend=False,
    )
    horizontal_bars(figure, labels)
    most = max(result["cycles"] for result in total)
    figure.update_xaxes(range=[0, 1.12 * most])
    return Chart("total_cycles", "Cycles", figure, "With the ratio to the fastest.")


def time_against_energy(folder: ResultFolder) -> Chart | NoChart:
    title = "Cycles against energy"
    total = folder.json["total"]
    if not any(result["energy_pj"] for result in total):
        return NoChart(title, "no energy was counted")
    scale, unit = unit_for(max(result["energy_pj"] for result in total) * _PICO, "J")
    figure = new_figure(340, "cycles", f"energy ({unit})")
    for number, result in enumerate(total):
        figure.add_scatter(
            x=[result["cycles"]],
            y=[result["energy_pj"] * _PICO * scale],
            mode="markers",
            marker={"size": 15, **{"color": bar_style(number)["color"]}, "symbol": number},
            name=case_of(result),
            hovertemplate="%{x:,} cycles, %{y:,.6g} " + unit + "<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(rangemode="tozero")
    return Chart("time_against_energy", title, figure, "Nearer to the origin is better.")


def cycles_by_layer(folder: ResultFolder) -> Chart | NoChart:
    title = "Cycles by layer"
    layers = folder.json["layers"]
    if not layers:
        return NoChart(title, "there are no layers")
    shown = sorted(layers, key=lambda layer: -max(part["cycles"] for part in layer["results"]))
    names = {layer["name"] for layer in shown[:MOST_ROWS]}
    rows = [layer for layer in layers if layer["name"] in names]
    labels = distinct(layer["name"] for layer in rows)
    cases = [case_of(result) for result in folder.json["total"]]
    figure = new_figure(row_height(len(rows)) + 8 * len(cases) * len(rows), "cycles", "")
    for number, case in enumerate(cases):
        figure.add_bar(
            x=[layer["results"][number]["cycles"] for layer in rows],
            y=labels,
            orientation="h",
            name=case,
            marker=bar_style(number),
            hovertemplate="%{y}: %{x:,} cycles<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="group")
    horizontal_bars(figure, labels)
    of_all = f"The {len(rows)} longest of {len(layers)} layers" if len(rows) < len(layers) else ""
    return Chart("cycles_by_layer", title, figure, f"{of_all or 'Layers'} in the order of the run.")


def utilization_by_layer(folder: ResultFolder) -> Chart | NoChart:
    title = "Utilization of the arrays by layer"
    layers = [
        layer
        for layer in folder.json["layers"]
        if any(part["array_utilization"] for part in layer["results"])
    ]
    if not layers:
        return NoChart(title, "no layer uses an array")
    labels = [f"{number} {name}" for number, name in
              enumerate(distinct(layer["name"] for layer in layers), 1)]  # fmt: skip
    cases = [case_of(result) for result in folder.json["total"]]
    figure = new_figure(360, "layers that use arrays, in the order of the run",
                        "useful of possible products (%)")  # fmt: skip
    for number, case in enumerate(cases):
        figure.add_scatter(
            x=list(range(1, len(layers) + 1)),
            y=[100 * layer["results"][number]["array_utilization"] for layer in layers],
            mode="lines+markers",
            marker={"symbol": number, "size": 7},
            line={"width": 1.2, "color": bar_style(number)["color"]},
            name=case,
            text=labels,
            hovertemplate="%{text}: %{y:.1f} %<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(range=[0, 103])
    return Chart(
        "utilization_by_layer",
        title,
        figure,
        "While the arrays work on the layer (compute cycles).",
    )


CHARTS = (total_cycles, time_against_energy, cycles_by_layer, utilization_by_layer)


def totals(result: Json) -> Table:
    rows = [
        [
            case_of(part),
            cycles(part["cycles"]),
            Number(part["ratio"], f"{part['ratio']:.3f}"),
            joules(part["energy_pj"]),
            share(part["utilization"]),
            part["limited_by"],
        ]
        for part in result["total"]
    ]
    columns = ["dataflow", "cycles", "ratio", "energy", "utilization", "expected limits"]
    return Table("totals", "Totals", columns, rows)


def best_found(result: Json) -> Table:
    rows = [
        [case_of(part), cycles(part["cycles"]), joules(part["energy_pj"])]
        for part in result.get("best_found", [])
    ]
    return Table(
        "best_found", "Best mapping found for each", ["dataflow", "cycles", "energy"], rows
    )


def layer_table(result: Json) -> Table:
    rows = []
    for layer in result["layers"]:
        fastest = min(layer["results"], key=lambda part: part["cycles"])
        numbers = [cycles(part["cycles"]) for part in layer["results"]]
        rows.append([layer["name"], layer["kind"], *numbers, case_of(fastest)])
    cases = [case_of(part) for part in result["total"]]
    return Table(
        "layers", "Cycles of all layers", ["layer", "kind", *cases, "fastest"], rows, folded=True
    )


def headline(result: Json) -> str:
    ordered = sorted(result["total"], key=lambda part: part["cycles"])
    best = ordered[0]
    sentence = f"{case_of(best)} is the fastest"
    if len(ordered) > 1 and best["cycles"]:
        slower = [part for part in ordered[1:] if part["cycles"] > best["cycles"]]
        as_fast = [case_of(part) for part in ordered[1:] if part["cycles"] == best["cycles"]]
        sentence += f" ({joined(as_fast)} as fast)" if as_fast else ""
        others = [
            f"{case_of(part)} takes {percent(part['cycles'] / best['cycles'] - 1)} more cycles"
            for part in slower[:4]
        ]
        sentence += f": {', '.join(others)}" if others else ""
    frugal = min(result["total"], key=lambda part: part["energy_pj"])
    least = si(frugal["energy_pj"] * _PICO, "J")
    return f"{sentence}. {case_of(frugal)} takes the least energy, {least}."


def limits(folder: ResultFolder) -> list[str]:
    """One sentence for each folder of a run beside the comparison."""
    from orrery.reporting.findings import headline as limit_of
    from orrery.results.folder import load_folder

    found = []
    for part in folder.json["total"]:
        name = "-".join(filter(None, [part["dataflow"], part.get("variant", "")]))
        run = folder.path / re.sub(r"[^A-Za-z0-9.-]", "_", name)
        if (run / "result.json").is_file():
            found.append(f"{case_of(part)}: {limit_of(load_folder(run).json)}")
    return found


def comparison_report(folder: ResultFolder) -> Page:
    result = folder.json
    tables = [totals(result), best_found(result), layer_table(result)]
    stopped = PARTIAL.format("at least one of the runs was stopped")
    return Page(
        title=f"{result['workload']} on {result['platform']}: comparison",
        about=f"{len(result['total'])} runs, {program(result)}",
        provenance=[
            ("program", program(result)),
            ("platform", result["platform"]),
            ("workload", result["workload"]),
            ("seed", str(result["seed"])),
            *(("note", note) for note in result["notes"]),
        ],
        headline=headline(result),
        findings=limits(folder),
        warnings=[stopped] if result["partial"] else [],
        tables=[table for table in tables if table.rows],
        **sorted_charts([chart(folder) for chart in CHARTS]),
    )
