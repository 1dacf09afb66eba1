# SPDX-License-Identifier: Apache-2.0
"""Writes docs/validation/silicon_CHIP.md and its pictures from the studies of measured chips."""

import dataclasses
import datetime
import math
import pathlib
import shutil
import statistics
import sys

from neupims_tables import Study, table

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "validation"
PICTURES = ROOT / "docs" / "images"
MODELS = {
    "simulated": "error",
    "data-sheet roofline": "ceiling",
    "fitted roofline": "bent",
    "SCALE-Sim's formula": "formula",
}
# Of the measured time, in ns.
SIZES = {"below 10 us": 1e4, "10 to 100 us": 1e5, "100 us to 1 ms": 1e6, "from 1 ms": math.inf}
# What is busy for less than this part of the time does not limit alone: kernels load, then compute.
LIMITING = 0.5
WORST = 10
AS_IT_IS = "as it is"


@dataclasses.dataclass
class Chip:
    """How one study is read. `kinds` and `shares` are derived figures by their titles."""

    title: str
    kinds: dict[str, str]
    shares: dict[str, str]
    products: set[str]  # of the kinds: what the closed form and the sizes are of
    rated_watts: int | None = None
    grid: bool = False  # rows by number and kind: "QKV of 128"
    pictures: dict[str, str] = dataclasses.field(default_factory=dict)


CHIPS = {
    "tpu_v6e": Chip(
        "TPU v6e",
        {"product": "product", "gated feed-forward": "gated_ffn", "attention": "attention"},
        {"matrix_share": "matrix units", "vector_share": "vector unit", "memory_share": "memory"},
        {"product"},
        pictures={"scatter": "Simulated against measured times", "error": "Errors against size"},
    ),
    "h100": Chip(
        "H100",
        {"QKV": "qkv", "out": "out", "gate and up": "gate_and_up", "down": "down"},
        {"matrix_share": "tensor cores", "vector_share": "vector units", "memory_share": "memory"},
        {"QKV", "out", "gate and up", "down"},
        rated_watts=700,
        grid=True,
        pictures={
            "scatter": "Simulated against measured times",
            "error": "Errors against size",
            "stairs": "Times against numbers of tokens, measured ones hollow",
        },
    ),
}


@dataclasses.dataclass
class Row:
    """A measured kernel; times in ns, errors as parts of one by the name of the model."""

    label: str
    kind: str
    measured: float
    simulated: float
    errors: dict[str, float]
    limit: str
    watts: float


def rows_of(study: Study, chip: Chip) -> list[Row]:
    figures = {derived["name"]: derived for derived in study.study["derived"]}
    names = [*chip.kinds.values(), *chip.shares, "published", "simulated", *MODELS.values()]
    values = {
        name: {value["at"]["point"]: value["value"] for value in figures[name]["values"]}
        for name in names
        if name in figures
    }
    watts = {point["labels"]["point"]: point["metrics"]["watts"] for point in study.study["points"]}
    rows = []
    for label in study.axis("point"):
        kind = next(title for title, name in chip.kinds.items() if values[name][label])
        shares = {title: values[name][label] for name, title in chip.shares.items()}
        busiest = max(shares, key=shares.get)
        limit = f"{busiest} {100 * shares[busiest]:.0f} %"
        rows.append(
            Row(
                label,
                kind,
                values["published"][label],
                values["simulated"][label],
                {title: values[name][label] for title, name in MODELS.items() if name in values},
                limit if shares[busiest] >= LIMITING else f"none, {limit}",
                watts[label],
            )
        )
    return rows


def summary(errors: list[float]) -> str:
    """Mean, median and largest of absolute errors, in percent."""
    sizes = [100 * abs(error) for error in errors]
    return f"{statistics.mean(sizes):.1f}, {statistics.median(sizes):.1f}, {max(sizes):.0f}"


def errors_by(groups: dict[str, list[Row]], chip: Chip) -> str:
    """One line for each group. The closed form says nothing of what is no product of matrices."""
    models = next(iter(groups.values()))[0].errors
    lines = []
    for name, rows in groups.items():
        closed = all(row.kind in chip.products or row.kind == "gated feed-forward" for row in rows)
        cells = [
            summary([row.errors[model] for row in rows])
            if closed or model != "SCALE-Sim's formula"
            else "-"
            for model in models
        ]
        lines.append([name, str(len(rows)), *cells])
    return table(["", "rows", *models], lines)


def grouped(rows: list[Row], group) -> dict[str, list[Row]]:
    result: dict[str, list[Row]] = {}
    for row in rows:
        result.setdefault(group(row), []).append(row)
    return result


def listed(rows: list[Row]) -> str:
    return table(
        ["row", "measured, us", "simulated, us", "error, %", "busiest"],
        [
            [
                row.label,
                f"{row.measured / 1e3:.2f}",
                f"{row.simulated / 1e3:.2f}",
                f"{100 * row.errors['simulated']:+.1f}",
                row.limit,
            ]
            for row in rows
        ],
    )


def grid(rows: list[Row], chip: Chip) -> str:
    """What the cells are, and a line for each number of tokens with one of each kernel."""
    limits = ", ".join([*chip.shares.values(), "none of them for half of the time"])
    legend = f"Measured, simulated, us; error, %; the first letter of what is busiest: {limits}."
    lines: dict[str, dict[str, Row]] = {}
    for row in rows:
        lines.setdefault(row.label.rsplit(" of ", 1)[1], {})[row.kind] = row
    return f"{legend}\n\n" + table(
        ["tokens", *chip.kinds],
        [
            [
                tokens,
                *(
                    f"{row.measured / 1e3:.1f}, {row.simulated / 1e3:.1f}, "
                    f"{100 * row.errors['simulated']:+.0f}, {row.limit[0]}"
                    for row in (of_kind[kind] for kind in chip.kinds)
                ),
            ]
            for tokens, of_kind in lines.items()
        ],
    )


def sensitivity(study: Study) -> str:
    """Mean absolute errors with each unknown moved, and how they differ from the one as it is."""
    base = 100 * study.value("mean_error", variation=AS_IT_IS)
    unknowns = [label[: -len(" -30 %")] for label in study.axis("variation") if "-30" in label]
    lines = []
    for unknown in unknowns:
        moved = [100 * study.value("mean_error", variation=f"{unknown} {s}30 %") for s in "-+"]
        lines.append([unknown, *(f"{error:.1f} ({error - base:+.1f})" for error in moved)])
    count = sum(point["labels"]["variation"] == AS_IT_IS for point in study.study["points"])
    return (
        f"Mean absolute error, %, over {count} of the rows; {base:.1f} with all as it is:\n\n"
        + table(["unknown", "30 % less", "30 % more"], lines)
    )


def power(rows: list[Row], chip: Chip) -> str:
    hottest = max(rows, key=lambda row: row.watts)
    rated = f"rated are {chip.rated_watts}" if chip.rated_watts else "no rating is published"
    return (
        f"The most is {hottest.watts:.0f} W on average, of {hottest.label}; {rated}. "
        "[Measured silicon](silicon.md#power) names what is not in it.\n"
    )


def page(name: str, chip: Chip, study: Study, variations: Study) -> str:
    program = study.study["orrery"]
    rows = rows_of(study, chip)
    by_kind = grouped(rows, lambda row: row.kind)
    by_size = grouped(
        [row for row in rows if row.kind in chip.products],
        lambda row: next(size for size, bound in SIZES.items() if row.measured < bound),
    )
    worst = sorted(rows, key=lambda row: -abs(row.errors["simulated"]))[:WORST]
    sizes = {size: by_size[size] for size in SIZES if size in by_size}
    pictures = "".join(
        f"![{text}](../images/silicon_{name}_{picture}.png)\n\n"
        for picture, text in chip.pictures.items()
    )
    return (
        f"# {chip.title}: every measured kernel\n\n"
        f"Written by `scripts/validate_silicon` on {datetime.date.today():%B %d, %Y}, version "
        f"{program['version']}, commit {program['commit']}. [Measured silicon](silicon.md) says "
        "what the columns are and explains what is far off.\n\n"
        "## Errors\n\nMean, median and worst absolute error, %, by kind:\n\n"
        f"{errors_by(by_kind | {'all': rows}, chip)}\n"
        f"Products by their measured time:\n\n{errors_by(sizes, chip)}\n"
        f"{pictures}"
        f"## The ten worst rows\n\n{listed(worst)}\n"
        f"## Sensitivity\n\n{sensitivity(variations)}\n"
        f"## Power\n\n{power(rows, chip)}\n"
        f"## All rows\n\n{grid(rows, chip) if chip.grid else listed(rows)}"
    )


def main() -> None:
    """OUT: the folder with the results of the four studies."""
    out = pathlib.Path(sys.argv[1])
    for name, chip in CHIPS.items():
        folder = out / f"silicon_{name}"
        variations = Study(out / f"silicon_{name}_sensitivity")
        text = page(name, chip, Study(folder), variations)
        (PAGES / f"silicon_{name}.md").write_text(text, "utf-8")
        for picture in chip.pictures:
            shutil.copyfile(folder / f"{picture}.png", PICTURES / f"silicon_{name}_{picture}.png")


if __name__ == "__main__":
    main()
