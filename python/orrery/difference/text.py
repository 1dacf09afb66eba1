# SPDX-License-Identifier: Apache-2.0
"""Where two results differ, in words and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orrery.results.quantities import byte_count, count, joined, percent, si
from orrery.results.view import Json

_PICO = 1e-12
_WIDEST = 60


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text


def _relative(row: Json) -> str:
    return "" if row["ratio"] is None else f"{100 * (row['ratio'] - 1):+.2f} %"


def _shown(value: float | None, form: Callable[[float], str]) -> str:
    return "-" if value is None else form(value)


def _table(columns: Sequence[str], rows: list[list[str]]) -> str:
    """The first column to the left, the others to the right."""
    cells = [list(columns), *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = []
    for row in cells:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  " + "  ".join([first, *rest]).rstrip())
    return "\n".join(lines)


def _short(name: str) -> str:
    half = (_WIDEST - 2) // 2
    return name if len(name) <= _WIDEST else f"{name[:half]}..{name[-half:]}"


def _changes_table(
    title: str, rows: list[Json], most: int, form: Callable[[float], str], whole: str = ""
) -> str:
    """One line a row; `whole` says of what the shares are, empty: there are none."""
    if not rows:
        return ""
    shares = bool(whole) and any(row.get("share") is not None for row in rows)
    columns = [
        "",
        "before",
        "after",
        "difference",
        "relative",
        *([f"of {whole}"] if shares else []),
    ]
    lines = []
    for row in rows[:most]:
        moved = row["difference"]
        line = [
            _short(row["name"]),
            _shown(row["before"], form),
            _shown(row["after"], form),
            "" if moved is None else _signed(form(moved), moved),
            _relative(row),
        ]
        lines.append(line + ([_shown(row["share"], percent)] if shares else []))
    left = len(rows) - most
    more = f"\n  and {left} more" if left > 0 else ""
    return f"{title}\n{_table(columns, lines)}{more}\n"


def _values_table(title: str, rows: list[Json], key: str, most: int) -> str:
    """Values that are no numbers to subtract."""
    if not rows:
        return ""
    lines = [
        [row[key], *("-" if row[side] is None else _short(str(row[side]))
                     for side in ("before", "after"))]
        for row in rows[:most]
    ]  # fmt: skip
    left = len(rows) - most
    more = f"\n  and {left} more" if left > 0 else ""
    return f"{title}\n{_table(['', 'before', 'after'], lines)}{more}\n"


def _joules(picojoules: float) -> str:
    return si(picojoules * _PICO, "J")


def _seconds(value: float) -> str:
    return si(value, "s")


def _verdict(row: Json, noun: str) -> str:
    """After against before, in words: "takes 3.20 % more cycles"."""
    if not row["difference"]:
        return f"takes as many {noun}" if noun == "cycles" else f"takes as much {noun}"
    word = "more" if row["difference"] > 0 else "fewer" if noun == "cycles" else "less"
    if row["ratio"] is None:
        return f"takes {word} {noun}"
    return f"takes {abs(100 * (row['ratio'] - 1)):.2f} % {word} {noun}"


def _run_headline(content: Json) -> str:
    total = content["total"]
    text = (
        f"{content['after']} {_verdict(total['cycles'], 'cycles')} than {content['before']} and "
        f"{_verdict(total['picojoules'], 'energy')}."
    ).replace("as many cycles than", "as many cycles as")
    pulls = [row for row in content["layers"] if (row["share"] or 0) > 0.01][:3]
    if pulls and total["cycles"]["difference"]:
        named = [f"{_short(row['name'])} ({percent(row['share'], 0)})" for row in pulls]
        text += f" Of the difference in cycles, most is in {joined(named)}."
    engines = [row for row in content["engines"] if not row["name"].endswith(": idle")][:2]
    if engines:
        named = [
            f"{row['name']} {_signed(_seconds(row['difference']), row['difference'])}"
            for row in engines
        ]
        text += f" Engines: {joined(named)}."
    clocks = content["reference_clocks_hz"]
    if clocks[0] != clocks[1]:
        text += (
            f" The cycles are not of the same length: {si(clocks[0], 'Hz')} before, "
            f"{si(clocks[1], 'Hz')} after; the time is {_relative(total['seconds'])}."
        )
    return text


def _run_text(content: Json, most: int) -> list[str]:
    total = content["total"]
    rows = [
        ["cycles", *_row(total["cycles"], count)],
        ["latency", *_row(total["seconds"], _seconds)],
        ["energy", *_row(total["picojoules"], _joules)],
    ]
    memory = [row for row in content["memory"] if "bytes" in row["name"]]
    others = [row for row in content["memory"] if "bytes" not in row["name"]]
    return [
        _run_headline(content) + "\n",
        f"Total\n{_table(['', 'before', 'after', 'difference', 'relative'], rows)}\n",
        _changes_table("Layers, cycles", content["layers"], most, count, "all cycles"),
        _changes_table("Engines, time in each state", content["engines"], most, _seconds),
        _changes_table("Energy by component", content["energy"], most, _joules, "all energy"),
        _changes_table("Memory traffic", memory, most, byte_count),
        _changes_table("Memory", others, most, lambda value: f"{value:,.6g}"),
        _values_table("Configuration", content["configuration"], "path", most),
    ]


def _row(row: Json, form: Callable[[float], str]) -> list[str]:
    moved = row["difference"]
    return [form(row["before"]), form(row["after"]), _signed(form(moved), moved), _relative(row)]


def _comparison_text(content: Json, most: int) -> list[str]:
    return [
        _changes_table("Runs, cycles", content["cases"], most, count, "all cycles"),
        _changes_table("Runs, energy", content["energy"], most, _joules, "all energy"),
        _changes_table("Layers, cycles", content["layers"], most, count, "all cycles"),
    ]


def _study_text(content: Json, most: int) -> list[str]:
    points = content["points"]
    parts = [
        f"{points['matched']} points are in both, {len(content['only_before'])} only before, "
        f"{len(content['only_after'])} only after; the configurations of "
        f"{len(content['configurations'])} differ.\n",
        _values_table("Status", content["status"], "name", most),
    ]
    for figure in content["figures"]:
        title = f"{figure['name']}, at {len(figure['points'])} of {points['matched']} points"
        parts.append(_changes_table(title, figure["points"], most, lambda value: f"{value:,.8g}"))
    for title, names in (("Only before", content["only_before"]),
                         ("Only after", content["only_after"])):  # fmt: skip
        if names:
            left = len(names) - most
            more = f"\n  and {left} more" if left > 0 else ""
            parts.append(f"{title}\n  " + "\n  ".join(names[:most]) + more + "\n")
    return parts


def difference_text(content: Json, most: int) -> str:
    """The largest differences for a terminal."""
    if content["same"]:
        return "The same, byte for byte.\n"
    kinds = {
        "run": _run_text,
        "comparison": _comparison_text,
        "sweep": _study_text,
        "study": _study_text,
    }
    parts = kinds[content["kind"]](content, most)
    parts.append(_values_table("Provenance", content["provenance"], "name", most))
    return "\n".join(part for part in parts if part)
