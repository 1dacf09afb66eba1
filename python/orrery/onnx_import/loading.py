# SPDX-License-Identifier: Apache-2.0
"""Reads an ONNX file and fixes its free dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from orrery.onnx_import.mistakes import ImportFailedError, Mistake, nearest

LARGEST_DIMENSION = 2**31 - 1
# Files of this size hold weights inside; protobuf itself ends at 2 GiB.
LARGEST_FILE = 2**31 - 1


def load_model(file: str) -> onnx.ModelProto:
    """The model of a file, functions expanded; external weights are not looked for."""
    path = Path(file)
    if not path.exists():
        raise ImportFailedError([Mistake(file, "no such file")])
    if not path.is_file():
        raise ImportFailedError([Mistake(file, "is no file", expected="an ONNX model")])
    if path.stat().st_size > LARGEST_FILE:
        raise ImportFailedError([Mistake(file, "is too large", expected="at most 2 GiB")])
    try:
        model = onnx.load(file, load_external_data=False)
    except (DecodeError, ValueError, UnicodeDecodeError, onnx.parser.ParseError) as error:
        detail = error.args[0] if error.args else ""
        detail = detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
        detail = " ".join(detail.split())[:200]
        raise ImportFailedError(
            [Mistake(file, f"cannot be read: {detail}", expected="an ONNX model")]
        ) from error
    if not model.graph.node:
        raise ImportFailedError([Mistake(file, "has no nodes", expected="an ONNX model")])
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    return model


def opset_of(model: onnx.ModelProto) -> int:
    """The version of the standard operators that the model uses."""
    versions = [item.version for item in model.opset_import if item.domain in ("", "ai.onnx")]
    return max(versions, default=1)


def real_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """Inputs that no initializer fills."""
    initialized = {item.name for item in graph.initializer}
    return [item for item in graph.input if item.name not in initialized]


def dimension_name(value: onnx.ValueInfoProto, index: int) -> str:
    """The name by which a free dimension is given: its own, or INPUT.INDEX."""
    return value.type.tensor_type.shape.dim[index].dim_param or f"{value.name}.{index}"


def fix_dimensions(model: onnx.ModelProto, given: Mapping[str, int], file: str) -> None:
    """Writes the given sizes into the inputs. Raises ImportFailedError listing free dimensions."""
    mistakes: list[Mistake] = []
    free: list[str] = []
    for value in real_inputs(model.graph):
        if not value.type.HasField("tensor_type"):
            mistakes.append(Mistake(file, f"input '{value.name}' is no tensor"))
            continue
        if not value.type.tensor_type.HasField("shape"):
            mistakes.append(Mistake(file, f"input '{value.name}' has no shape"))
            continue
        for index, dimension in enumerate(value.type.tensor_type.shape.dim):
            if dimension.HasField("dim_value") and dimension.dim_value > 0:
                continue
            name = dimension_name(value, index)
            if name not in free:
                free.append(name)
            if name in given:
                dimension.dim_value = given[name]
    known = "the model's free dimensions: " + ", ".join(free) if free else "no free dimension"
    for name, size in given.items():
        if name not in free:
            mistakes.append(
                Mistake(file, f"no dimension '{name}'", "dimensions", known, nearest(name, free))
            )
        elif not 1 <= size <= LARGEST_DIMENSION:
            mistakes.append(
                Mistake(
                    file, f"dimension '{name}' is {size}", "dimensions", "an integer of at least 1"
                )
            )
    missing = [name for name in free if name not in given]
    if missing:
        mistakes.append(
            Mistake(
                file,
                f"free dimensions without a size: {', '.join(missing)}",
                "dimensions",
                " ".join(f"--dim {name}=SIZE" for name in missing),
            )
        )
    if mistakes:
        raise ImportFailedError(mistakes)
