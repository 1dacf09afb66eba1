# SPDX-License-Identifier: Apache-2.0
"""The report of one run."""

from __future__ import annotations

from orrery.reporting.findings import findings, headline
from orrery.reporting.page import Page, Text, sorted_charts
from orrery.reporting.run_charts import CHARTS
from orrery.reporting.run_tables import run_tables
from orrery.results.folder import ResultFolder
from orrery.results.quantities import count
from orrery.results.view import Json

PARTIAL = "PARTIAL: {}; the figures cover only what was simulated."


def program(result: Json) -> str:
    return f"Orrery {result['orrery']['version']}, commit {result['orrery']['commit']}"


def warnings_of(result: Json) -> list[str]:
    warnings = [PARTIAL.format(result["partial_reason"])] if result["partial"] else []
    if result["fidelity"] != "simulated":
        warnings.append(f"Fidelity: {result['fidelity']}, not simulated.")
    warnings += [
        f"Broken invariant: {item['name']}: {item['detail']}"
        for item in result["invariants"]
        if not item["holds"]
    ]
    return warnings


def provenance(result: Json) -> list[tuple[str, str]]:
    """What a reader needs to get the same figures."""
    return [
        ("program", program(result)),
        ("platform", result["platform"]),
        ("workload", result["workload"]),
        ("dataflow", result["dataflow"] or "-"),
        ("fidelity", result["fidelity"]),
        ("partial", result["partial_reason"] if result["partial"] else "no"),
        ("seed", str(result["seed"])),
        ("configuration", f"SHA-256 {result['config_hash']}, of resolved.yaml"),
        ("commands", count(result["commands"])),
        ("again", "orrery run --resolved resolved.yaml -o FOLDER"),
        *(("note", note) for note in result["notes"]),
    ]


def run_report(folder: ResultFolder) -> Page:
    result = folder.json
    about = f"dataflow {result['dataflow']}, {result['fidelity']}, {program(result)}"
    texts = [
        Text("loops", "Loop nests", folder.text("loops.txt")),
        Text("resolved", "Resolved configuration", folder.text("resolved.yaml")),
    ]
    return Page(
        title=f"{result['workload']} on {result['platform']}",
        about=about if result["dataflow"] else about.removeprefix("dataflow , "),
        provenance=provenance(result),
        headline=headline(result),
        findings=findings(result),
        warnings=warnings_of(result),
        tables=run_tables(result),
        texts=[text for text in texts if text.content],
        **sorted_charts([chart(folder) for chart in CHARTS]),
    )
