# SPDX-License-Identifier: Apache-2.0
"""What the program leaves to Python at the end of a study or a sweep:
`python -m orrery.studies.exports DIR/study.json [parquet] [figures]` writes results.parquet, or
draws the plots, beside the file. What cannot be done is printed, a line each."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import sys
from csv import reader
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow


def _type_of_labels(labels: list[str]) -> str:
    """Integers or reals where all of them are numbers."""
    for name, number in (("int64", int), ("float64", float)):
        try:
            for label in labels:
                number(label)
        except ValueError:
            continue
        return name
    return "string"


def _fields(study: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Type and unit by name of the columns that results.csv has."""
    axes = {axis["name"]: (_type_of_labels(axis["labels"]), "") for axis in study["axes"]}
    metrics = {metric["name"]: ("float64", metric["unit"]) for metric in study["metrics"]}
    derived = {figure["name"]: ("float64", figure["unit"]) for figure in study["derived"]}
    return metrics | derived | axes | {"pareto": ("bool", "")}


def _schema(study: dict[str, Any], names: list[str]) -> pyarrow.Schema:
    import pyarrow

    known = _fields(study)
    fields = []
    for name in names:
        kind, unit = known.get(name, ("string", ""))
        fields.append(
            pyarrow.field(
                name,
                pyarrow.type_for_alias(kind),
                metadata={"unit": unit} if unit else None,
            )
        )
    return pyarrow.schema(fields)


def write_parquet(study: dict[str, Any], folder: pathlib.Path) -> None:
    """results.parquet: results.csv with types, and units in the metadata of its columns. The same
    study gives the same bytes."""
    from pyarrow import csv, parquet

    file = folder / "results.csv"
    with file.open(newline="") as lines:
        schema = _schema(study, next(reader(lines)))
    # An error may have several lines, and a label may be called NA.
    table = csv.read_csv(
        file,
        csv.ReadOptions(use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            true_values=["yes"],
            false_values=["no"],
        ),
    )
    # No reader sees half a file.
    new = folder / f".results.parquet.{os.getpid()}"
    try:
        parquet.write_table(table.cast(schema), new)
        new.replace(folder / "results.parquet")
    finally:
        new.unlink(missing_ok=True)


def draw_figures(study: dict[str, Any], folder: pathlib.Path) -> None:
    """NAME.png and NAME.svg of each plot."""
    from orrery.studies import figures

    figures.draw_all(study, folder)


# Word of the command line to what it does, the package that this needs, and what is said without.
_TASKS = {
    "parquet": (write_parquet, "pyarrow", "No results.parquet was written"),
    "figures": (draw_figures, "matplotlib", "No figures were drawn"),
}


def main(arguments: list[str]) -> int:
    path = pathlib.Path(arguments[0])
    study = json.loads(path.read_text("utf-8"))
    for word in arguments[1:]:
        task, package, missing = _TASKS[word]
        try:
            importlib.import_module(package)
        except ImportError:
            print(f"{missing}: Python has no {package}")
            continue
        try:
            task(study, path.parent)
        except OSError as error:
            print(f"{missing}: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
