# SPDX-License-Identifier: Apache-2.0
"""From an ONNX file to the text of a workload, with what the import covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orrery.onnx_import import (
    convert_composed,
    convert_data,
    convert_image,
    convert_matrix,
    convert_vector,
)
from orrery.onnx_import.cleanup import ALIASES, remove_aliases, remove_unused
from orrery.onnx_import.context import Context, UnsupportedError
from orrery.onnx_import.emitter import Emitter, workload_text
from orrery.onnx_import.ir import Graph, Node
from orrery.onnx_import.loading import fix_dimensions, load_model
from orrery.onnx_import.mistakes import ImportFailedError, Mistake, nearest
from orrery.onnx_import.patterns import recognise
from orrery.onnx_import.propagation import Propagation
from orrery.onnx_import.quantized import OPERANDS, replace_quantized

CONVERTERS = {
    **convert_matrix.CONVERTERS,
    **convert_image.CONVERTERS,
    **convert_vector.CONVERTERS,
    **convert_data.CONVERTERS,
    **convert_composed.CONVERTERS,
}
# Operators that are looked after before conversion.
FOLDED = {"Constant", "ConstantOfShape", "Shape", "Size", "If"}


@dataclass
class Request:
    """What to import and how."""

    file: str
    dimensions: Mapping[str, int]
    ignore: Iterable[str] = ()


def is_ignored(node: Node, ignore: set[str]) -> bool:
    return node.name in ignore or node.op in ignore


def pass_over(context: Context, node: Node) -> None:
    """An ignored node hands its first input on, or stands for data from outside."""
    for index, output in enumerate(node.outputs):
        if not output or output not in context.graph.values:
            continue
        shape = context.shape(output)
        source = node.input(0)
        if index == 0 and source and context.shape(source) == shape:
            context.emitter.located[output] = context.emitter.read(source)
        elif context.graph.consumers.get(output):
            context.emitter.put(output, context.emitter.input(f"{node.name}.ignored", shape))


def convert(graph: Graph, emitter: Emitter, ignore: set[str], mistakes: list[Mistake]) -> list[str]:
    """Adds every node to the workload; the names of ignored ones."""
    context = Context(graph, emitter)
    ignored: list[str] = []
    for node in graph.nodes:
        if is_ignored(node, ignore):
            ignored.append(f"{node.name} ({operator_name(node)})")
            pass_over(context, node)
            continue
        try:
            converter_of(node)(context, node)
        except UnsupportedError as error:
            where = f"node '{node.name}' ({operator_name(node)})"
            mistakes.append(
                Mistake(
                    graph.file,
                    f"{where}: {error.message}",
                    expected=error.expected,
                    suggestion=error.suggestion,
                )
            )
            pass_over(context, node)
    return ignored


def converter_of(node: Node):
    """Raises UnsupportedError for an unknown operator."""
    converter = CONVERTERS.get(node.op) if node.domain in ("", "ai.onnx") else None
    if converter is None:
        known = sorted({*CONVERTERS, *ALIASES, *OPERANDS, *FOLDED})
        raise UnsupportedError(
            "this operator is not supported",
            f"a supported operator, or --ignore {node.op}",
            nearest(node.op, known),
        )
    return converter


def operator_name(node: Node) -> str:
    return f"{node.domain}.{node.op}" if node.domain else node.op


def check_ignored(
    model_nodes: list[Node], ignore: set[str], file: str, mistakes: list[Mistake]
) -> None:
    """Every ignored name must be that of a node or an operator of the model."""
    known = {node.name for node in model_nodes} | {node.op for node in model_nodes}
    mistakes += [
        Mistake(
            file,
            f"no node and no operator '{name}' to ignore",
            "ignore",
            "names of nodes or operators that depend on the inputs",
            nearest(name, known),
        )
        for name in sorted(ignore - known)
    ]


def learned_parameters(graph: Graph) -> int:
    """Elements of the learned tensors that nodes read, each once.

    A batch normalization's mean and variance are measured, not learned.
    """
    names = {
        name
        for node in graph.nodes
        for name in node.inputs[: 3 if node.op == "BatchNormalization" else None]
        if name
    }
    return sum(graph.values[name].size for name in names if graph.values[name].learned)


@dataclass
class Imported:
    """A model, the workload that it became, and where that comes from."""

    graph: Graph
    emitter: Emitter
    origin: dict[str, object]


def import_model(request: Request) -> Imported:
    """Reads a model and lowers it to operators. Raises ImportFailedError with all mistakes."""
    model = load_model(request.file)
    fix_dimensions(model, request.dimensions, request.file)
    ignore = set(request.ignore)
    propagation = Propagation(model, request.file, frozenset(ignore))
    graph = propagation.run()
    mistakes = list(propagation.mistakes)
    check_ignored(graph.nodes, ignore, request.file, mistakes)
    replace_quantized(graph, ignore)
    origin: dict[str, object] = {
        "format": "onnx",
        "file": Path(request.file).name,
        "dimensions": dict(request.dimensions),
        "parameters": learned_parameters(graph),
        "nodes": propagation.folded + len(graph.nodes),
    }
    aliases = remove_aliases(graph, ignore)
    unused = 0 if mistakes else remove_unused(graph)
    recognise(graph, ignore)
    emitter = Emitter(graph)
    ignored = convert(graph, emitter, ignore, mistakes)
    if not emitter.operators and not mistakes:
        mistakes.append(
            Mistake(request.file, "no operator is left", expected="a model that computes")
        )
    if mistakes:
        raise ImportFailedError(mistakes)
    emitter.drop_unread_views()
    origin |= coverage(graph, emitter, ignore)
    origin["views"] += aliases
    origin |= {"folded": propagation.folded, "unused": unused, "ignored": ignored}
    origin["operators"] = dict(sorted(propagation.operators.items()))
    return Imported(graph, emitter, origin)


def imported_text(request: Request) -> str:
    """The workload of a model as YAML. Raises ImportFailedError with all mistakes."""
    imported = import_model(request)
    return workload_text(imported.emitter, Path(request.file).stem, imported.origin)


def coverage(graph: Graph, emitter: Emitter, ignore: set[str]) -> dict[str, int]:
    """What became of the nodes that were to be lowered."""
    made = {operator["name"] for operator in emitter.operators if operator["kind"] != "reshape"}
    kept = [node for node in graph.nodes if not is_ignored(node, ignore)]
    lowered = sum(1 for node in kept if makes_any(node, made))
    return {
        "lowered": lowered,
        "fused": sum(node.members - 1 for node in kept),
        "views": len(kept) - lowered,
    }


def makes_any(node: Node, made: set[str]) -> bool:
    """Whether operators were added for the node."""
    return node.name in made or any(
        f"{node.name}.{index}" in made for index in range(len(node.outputs))
    )
