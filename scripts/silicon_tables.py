#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/validation/silicon.md from the study of a measured chip, as Markdown:

orrery study silicon_tpu_v6e && python3 scripts/silicon_tables.py out/silicon_tpu_v6e
"""

import pathlib
import statistics
import sys

from neupims_tables import Study, table

MODELS = {
    "simulated": "error",
    "data-sheet roofline": "ceiling",
    "fitted roofline": "bent",
    "SCALE-Sim's formula": "formula",
}
# By a part of the point's label; else a product.
KINDS = {
    "FFN": "gated feed-forward",
    "heads": "attention",
    "QKV": "QKV",
    "out": "out",
    "gate": "gate and up",
    "down": "down",
}
# Of the measured time, in ns.
SIZES = {"below 10 us": 1e4, "10 to 100 us": 1e5, "100 us to 1 ms": 1e6, "from 1 ms": float("inf")}
SHARES = {"matrix_share": "matrix units", "vector_share": "vector unit", "memory_share": "memory"}
# What is busy for less than this part of the time does not limit alone: kernels load, then compute.
LIMITING = 0.5


def kind(point: str) -> str:
    return next((name for mark, name in KINDS.items() if mark in point), "product")


def size(measured: float) -> str:
    return next(name for name, bound in SIZES.items() if measured < bound)


def summary(errors: list[float]) -> str:
    """Mean, median and largest of absolute errors, in percent."""
    sizes = [100 * abs(error) for error in errors]
    return f"{statistics.mean(sizes):.1f}, {statistics.median(sizes):.1f}, {max(sizes):.0f}"


def errors_by(study: Study, groups: dict[str, list[str]]) -> str:
    """One line for each group of points. The closed form has nothing to say of attention."""
    there = {derived["name"] for derived in study.study["derived"]}
    models = {name: figure for name, figure in MODELS.items() if figure in there}
    lines = []
    for name, points in groups.items():
        cells = []
        for figure in models.values():
            known = figure != "formula" or all(kind(point) != "attention" for point in points)
            errors = [study.value(figure, point=point) for point in points]
            cells.append(summary(errors) if known else "-")
        lines.append([name, str(len(points)), *cells])
    return table(["", "rows", *models], lines)


def grouped(points: list[str], group) -> dict[str, list[str]]:
    result = {}
    for point in points:
        result.setdefault(group(point), []).append(point)
    return result


def limit(study: Study, point: str) -> str:
    """What is busy longest; no one limits alone where kernels load first and compute then."""
    shares = {name: study.value(figure, point=point) for figure, name in SHARES.items()}
    name = max(shares, key=shares.get)
    text = f"{name} {100 * shares[name]:.0f} %"
    return text if shares[name] >= LIMITING else f"none, {text}"


def rows(study: Study, points: list[str]) -> str:
    return table(
        ["row", "measured, us", "simulated, us", "error, %", "busiest"],
        [
            [
                point,
                f"{study.value('published', point=point) / 1e3:.2f}",
                f"{study.value('simulated', point=point) / 1e3:.2f}",
                f"{100 * study.value('error', point=point):+.1f}",
                limit(study, point),
            ]
            for point in points
        ],
    )


def main() -> None:
    study = Study(pathlib.Path(sys.argv[1]))
    points = study.axis("point")
    by_kind = grouped(points, kind)
    products = [point for point in points if kind(point) not in ("gated feed-forward", "attention")]
    by_size = grouped(products, lambda point: size(study.value("published", point=point)))
    worst = sorted(points, key=lambda point: -abs(study.value("error", point=point)))
    print("Mean, median and worst absolute error, %, by kind:\n")
    print(errors_by(study, by_kind | {"all": points}))
    print("Products by their measured time:\n")
    print(errors_by(study, {name: by_size[name] for name in SIZES if name in by_size}))
    print("The ten rows that are furthest off:\n")
    print(rows(study, worst[:10]))
    print("All rows:\n")
    print(rows(study, points))


if __name__ == "__main__":
    main()
