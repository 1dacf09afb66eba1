# SPDX-License-Identifier: Apache-2.0
"""Shapes of all values, and the values of those that do not depend on the inputs.

Node by node: the inference of the `onnx` package is given the values of constant inputs, so that
shapes computed by chains of Shape, Gather and Concat are known when they are needed.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from orrery.onnx_import.ir import Graph, Node, Value
from orrery.onnx_import.loading import opset_of, real_inputs
from orrery.onnx_import.mistakes import Mistake

# Values beyond this many elements are not computed: nothing that decides a shape is so large.
MOST_ELEMENTS = 1 << 21
RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli"}
# Of weights; wider integers are indices and sizes.
LEARNED_TYPES = {
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
    onnx.TensorProto.FLOAT8E4M3FN,
    onnx.TensorProto.FLOAT8E5M2,
    onnx.TensorProto.INT8,
    onnx.TensorProto.UINT8,
    onnx.TensorProto.INT4,
    onnx.TensorProto.UINT4,
}

# Of constants that are no weights: sizes, and integers with a scale.
MAKES_WEIGHTS = {"ConstantOfShape", "DequantizeLinear"}
# Operators for which the inference of the package gives no shape.
SHAPED_LIKE_INPUT = {"GroupNormalization"}


def attributes_of(node: onnx.NodeProto) -> dict[str, object]:
    """Attributes as Python values; subgraphs are left out."""
    graphs = (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)
    return {
        item.name: onnx.helper.get_attribute_value(item)
        for item in node.attribute
        if item.type not in graphs
    }


def tensor_data(tensor: onnx.TensorProto) -> np.ndarray | None:
    """The values of an initializer, unless it is large or they lie in another file."""
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return None
    if math.prod(tensor.dims) > MOST_ELEMENTS:
        return None
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError):
        return None  # "light" models carry the shape alone


class Propagation:
    """Walks a model once and fills in a Graph."""

    def __init__(self, model: onnx.ModelProto, file: str, ignore: frozenset[str] = frozenset()):
        self.model = model
        self.file = file
        self.ignore = ignore
        self.opset = opset_of(model)
        self.values: dict[str, Value] = {}
        self.nodes: list[Node] = []
        self.parameters: dict[str, int] = {}
        self.folded = 0
        self.operators: Counter[str] = Counter()
        self.failed: set[str] = set()
        self.mistakes: list[Mistake] = []

    def run(self) -> Graph:
        """The graph of what depends on the inputs, as far as shapes are known; see `mistakes`."""
        proto = self.model.graph
        for tensor in proto.initializer:
            self.add_constant(
                tensor.name, tuple(tensor.dims), tensor.data_type, tensor_data(tensor)
            )
        inputs = []
        for value in real_inputs(proto):
            kind = value.type.tensor_type
            shape = tuple(item.dim_value for item in kind.shape.dim)
            self.values[value.name] = Value(value.name, shape, kind.elem_type)
            inputs.append(value.name)
        for index, node in enumerate(proto.node):
            self.visit(node, node.name or f"{node.op_type}_{index}")
        outputs = [value.name for value in proto.output]
        return Graph(
            self.file,
            proto.name,
            self.opset,
            self.nodes,
            self.values,
            inputs,
            outputs,
            self.parameters,
        )

    def add_constant(
        self, name: str, shape: tuple[int, ...], element_type: int, data: np.ndarray | None
    ) -> None:
        learned = element_type in LEARNED_TYPES and math.prod(shape) > 1
        self.values[name] = Value(name, shape, element_type, True, learned, data)

    def visit(self, node: onnx.NodeProto, name: str) -> None:
        self.operators[node.op_type] += 1
        inputs = [item for item in node.input if item]
        if any(item in self.failed for item in inputs):
            self.failed.update(node.output)
            return
        unknown = [item for item in inputs if item not in self.values]
        if unknown:
            self.fail(node, name, f"reads '{unknown[0]}', which nothing makes", "")
            return
        if node.op_type == "Constant":
            self.add_literal(node)
        elif node.op_type in ("Shape", "Size"):
            self.add_shape(node)
        elif node.op_type == "If":
            self.visit_branch(node, name)
        elif self.is_constant(node, inputs):
            self.fold(node, name)
        else:
            self.infer(node, name)
            if node.output[0] not in self.failed:
                self.nodes.append(
                    Node(
                        node.op_type,
                        name,
                        list(node.input),
                        list(node.output),
                        attributes_of(node),
                        node.domain,
                    )
                )

    def is_constant(self, node: onnx.NodeProto, inputs: list[str]) -> bool:
        if node.op_type in RANDOM or not all(self.values[item].constant for item in inputs):
            return False
        # Looking up rows of a learned table stays a look-up, whatever the indices are.
        table = self.values[inputs[0]] if inputs else None
        return not (
            node.op_type == "Gather"
            and table is not None
            and table.learned
            and len(table.shape) == 2
            and self.values[inputs[1]].size > 1
        )

    def add_literal(self, node: onnx.NodeProto) -> None:
        attribute = node.attribute[0]
        value = onnx.helper.get_attribute_value(attribute)
        if attribute.name == "value":
            self.add_constant(
                node.output[0], tuple(value.dims), value.data_type, tensor_data(value)
            )
        else:
            kind = {"value_float": np.float32, "value_floats": np.float32}.get(
                attribute.name, np.int64
            )
            data = np.asarray(value, dtype=kind)
            element_type = onnx.helper.np_dtype_to_tensor_dtype(data.dtype)
            self.add_constant(node.output[0], data.shape, element_type, data)
        self.folded += 1

    def add_shape(self, node: onnx.NodeProto) -> None:
        shape = self.values[node.input[0]].shape
        attributes = attributes_of(node)
        if node.op_type == "Size":
            data = np.asarray(math.prod(shape), dtype=np.int64)
        else:
            begin, end = attributes.get("start", 0), attributes.get("end", len(shape))
            data = np.asarray(shape[begin:end], dtype=np.int64)
        self.add_constant(node.output[0], data.shape, onnx.TensorProto.INT64, data)
        self.folded += 1

    def visit_branch(self, node: onnx.NodeProto, name: str) -> None:
        """An If whose condition is known is the branch that it takes."""
        condition = self.values[node.input[0]].scalar()
        if condition is None:
            self.fail(node, name, "the condition depends on the inputs", "")
            return
        wanted = "then_branch" if condition else "else_branch"
        branch = next(item.g for item in node.attribute if item.name == wanted)
        for tensor in branch.initializer:
            self.add_constant(
                tensor.name, tuple(tensor.dims), tensor.data_type, tensor_data(tensor)
            )
        for index, inner in enumerate(branch.node):
            self.visit(inner, inner.name or f"{name}.{inner.op_type}_{index}")
        for outer, inner in zip(node.output, branch.output, strict=True):
            if inner.name in self.failed:
                self.failed.add(outer)
            else:
                source = self.values[inner.name]
                self.values[outer] = Value(
                    outer,
                    source.shape,
                    source.element_type,
                    source.constant,
                    source.learned,
                    source.data,
                )
                if not source.constant:
                    self.nodes.append(Node("Identity", name, [inner.name], [outer]))
        self.folded += 1

    def infer(self, node: onnx.NodeProto, name: str) -> bool:
        """The types of the node's outputs; whether they are known."""
        if node.op_type in SHAPED_LIKE_INPUT:
            self.assume_like_input(node)
            return True
        try:
            types = self.infer_types(node)
        except onnx.defs.SchemaError:
            # Its conversion will say so; what follows it is looked at as far as possible.
            self.assume_like_input(node)
            return True
        except onnx.shape_inference.InferenceError as error:
            lines = str(error).splitlines() or ["unknown"]
            self.fail(node, name, f"has no shape: {lines[-1].strip()}", "")
            return False
        for output in node.output:
            kind = types.get(output)
            if not output:
                continue
            tensor = kind.tensor_type if kind is not None else None
            sizes = [item.dim_value for item in tensor.shape.dim] if tensor is not None else []
            known = tensor is not None and tensor.HasField("shape")
            if not known or not all(item.HasField("dim_value") for item in tensor.shape.dim):
                if self.ignore & {name, node.op_type}:
                    self.assume_like_input(node)
                    return True
                if output == node.output[0]:
                    self.fail(
                        node,
                        name,
                        "has an output whose shape depends on the values of its inputs",
                        "shapes that follow from the shapes of the inputs",
                    )
                    return False
                self.failed.add(output)
                continue
            self.values[output] = Value(output, tuple(sizes), tensor.elem_type)
        return True

    def assume_like_input(self, node: onnx.NodeProto) -> None:
        """Gives the outputs of a node that is not understood the shape of its first input."""
        source = next((self.values[item] for item in node.input if item), None)
        for output in node.output:
            if source is None:
                self.failed.add(output)
            elif output:
                self.values[output] = Value(output, source.shape, source.element_type)

    def infer_types(self, node: onnx.NodeProto) -> dict[str, onnx.TypeProto]:
        schema = onnx.defs.get_schema(node.op_type, self.version_of(node.domain), node.domain)
        types, data = {}, {}
        for item in node.input:
            if item:
                value = self.values[item]
                types[item] = onnx.helper.make_tensor_type_proto(value.element_type, value.shape)
                if value.constant and value.data is not None and value.size <= 4096:
                    data[item] = numpy_helper.from_array(np.asarray(value.data), item)
        return onnx.shape_inference.infer_node_outputs(
            schema,
            node,
            types,
            data,
            opset_imports=list(self.model.opset_import),
            ir_version=self.model.ir_version,
        )

    def version_of(self, domain: str) -> int:
        for item in self.model.opset_import:
            if item.domain == domain:
                return item.version
        return 1

    def fold(self, node: onnx.NodeProto, name: str) -> None:
        """Outputs of a node whose inputs are all known: computed if small, else shapes alone."""
        if not self.infer(node, name):
            self.recover(node)
        learned = any(self.values[item].learned for item in node.input if item)
        results = self.compute(node)
        for index, output in enumerate(node.output):
            if not output or (output in self.failed and results is None):
                continue
            if results is not None:
                data = np.asarray(results[index])
                element_type = onnx.helper.np_dtype_to_tensor_dtype(data.dtype)
                self.failed.discard(output)
                self.values[output] = Value(output, data.shape, element_type, data=data)
            value = self.values[output]
            value.constant = True
            value.learned = (learned or node.op_type in MAKES_WEIGHTS) and (
                value.element_type in LEARNED_TYPES and value.size > 1
            )
        self.folded += 1

    def recover(self, node: onnx.NodeProto) -> None:
        """What inference cannot tell, computing may: forget the mistake if it can be computed."""
        if self.compute(node) is not None:
            self.mistakes.pop()
            self.failed.difference_update(node.output)

    def compute(self, node: onnx.NodeProto) -> list[np.ndarray] | None:
        """The values of the outputs, or None where an input's are not kept or they are large."""
        values = [self.values[item] for item in node.input if item]
        sizes = [self.values[item].size for item in node.output if item in self.values]
        if any(value.data is None for value in values) or max(sizes, default=0) > MOST_ELEMENTS:
            return None
        inputs = [
            onnx.helper.make_tensor_value_info(value.name, value.element_type, value.shape)
            for value in {value.name: value for value in values}.values()
        ]
        outputs = [onnx.ValueInfoProto(name=item) for item in node.output if item]
        graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
        model = onnx.helper.make_model(graph, opset_imports=list(self.model.opset_import))
        try:
            return ReferenceEvaluator(model).run(
                None, {value.name: np.asarray(value.data) for value in values}
            )
        except Exception:  # noqa: BLE001  # whatever the evaluator lacks, shapes are known
            return None

    def fail(self, node: onnx.NodeProto, name: str, message: str, expected: str) -> None:
        self.failed.update(node.output)
        self.mistakes.append(
            Mistake(self.file, f"node '{name}' ({node.op_type}) {message}", expected=expected)
        )
