# SPDX-License-Identifier: Apache-2.0
"""Random ONNX graphs, and what the importer makes of them on numbers."""

import random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from orrery.onnx_import.importer import Request, import_model
from reference.workload_numbers import compute

OPSET = 18


class GraphMaker:
    """Adds nodes one after the other; shapes come from running what is there so far."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs = [], [], {}
        self.arrays = {}

    def input(self, *shape):
        name = f"input{len(self.inputs)}"
        self.inputs[name] = self.arrays[name] = self.numbers.normal(size=shape).astype(np.float32)
        return name

    def constant(self, array):
        name = f"constant{len(self.initializers)}"
        array = np.asarray(array)
        self.initializers.append(numpy_helper.from_array(array, name))
        self.arrays[name] = array
        return name

    def weight(self, *shape):
        return self.constant(self.numbers.normal(size=shape).astype(np.float32))

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"value{len(self.nodes)}_{i}" for i in range(outputs)]
        node = helper.make_node(
            op, list(inputs), names, name=f"node{len(self.nodes)}", **attributes
        )
        results = self.run(node, list(inputs))
        if results is None:
            return inputs[0] if outputs == 1 else [inputs[0]] * outputs
        self.nodes.append(node)
        self.arrays.update(zip(names, results, strict=True))
        return names[0] if outputs == 1 else names

    def run(self, node, inputs):
        """The outputs, or None where the evaluator contradicts the shapes of the standard.

        Version 1.23 of it does so for pooling of [N, C, L] and some transposed convolutions.
        """
        # What decides a shape must be seen by the inference.
        known = [tensor for tensor in self.initializers if tensor.name in inputs]
        constants = {tensor.name for tensor in known}
        free = [name for name in inputs if name not in constants]
        model = self.model([node], list(node.output), free, known)
        inferred = onnx.shape_inference.infer_shapes(model).graph.output
        shapes = [
            tuple(size.dim_value for size in output.type.tensor_type.shape.dim)
            if output.type.tensor_type.HasField("shape")
            else None
            for output in inferred
        ]
        try:
            given = {name: self.arrays[name] for name in free if name}
            results = ReferenceEvaluator(model).run(None, given)
        except (ValueError, IndexError, RuntimeError):
            return None
        fits = all(
            shape in (None, np.shape(result)) for shape, result in zip(shapes, results, strict=True)
        )
        return results if fits else None

    def model(self, nodes, outputs, inputs, initializers=()):
        def info(name):
            array = self.arrays.get(name)
            if array is None:
                return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            return helper.make_tensor_value_info(name, kind, array.shape)

        graph = helper.make_graph(
            nodes,
            "random",
            [info(name) for name in dict.fromkeys(inputs) if name],
            [info(name) for name in outputs],
            initializer=list(initializers),
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8
        )

    def save(self, path, outputs):
        onnx.save(self.model(self.nodes, outputs, list(self.inputs), self.initializers), path)


def own_weights(maker, imported):
    """The weights of operators as the workload lays them out, from the model's initializers."""
    nodes = {node.name: node for node in imported.graph.nodes}

    def weights(op):
        node = nodes[op["name"].split(".")[0]]
        arrays = [maker.arrays[name] for name in node.inputs[1:]] + [None, None]
        if op["kind"] in ("convolution", "transposed_convolution"):
            weight = arrays[0]
            weight = weight[:, :, None] if weight.ndim == 3 else weight
            groups = op.get("groups", 1)
            if op["kind"] == "convolution":
                return weight.transpose(2, 3, 1, 0), arrays[1]
            # [C, F / groups, KH, KW] as [KH, KW, C / groups, F].
            parts = np.split(weight.transpose(2, 3, 0, 1), groups, axis=2)
            return np.concatenate(parts, axis=3), arrays[1]
        if op["kind"] == "matrix_multiplication" and len(op["inputs"]) == 1:
            weight = arrays[0].T if node.attributes.get("transB") else arrays[0]
            return weight, arrays[1] if op.get("bias") else None
        if op["kind"] == "normalization":
            return arrays[0].reshape(-1), (0 if arrays[1] is None else arrays[1].reshape(-1))
        if op["kind"] == "embedding":
            return maker.arrays[node.inputs[0]][maker.arrays[node.inputs[1]]].reshape(
                *op["tokens"], op["width"]
            )
        return None, None

    return weights


def imported_results(maker, path, outputs):
    """The outputs of the imported workload on the maker's numbers, in the model's layout."""
    maker.save(path, outputs)
    imported = import_model(Request(str(path), {}))
    emitter = imported.emitter
    given = {}
    for name, located in emitter.located.items():
        if name in maker.arrays and located.tensor.name in (
            *emitter.inputs,
            *emitter.parameters,
        ):
            array = maker.arrays[name].transpose(located.order)
            given[located.tensor.name] = array.reshape(located.tensor.shape)
    given |= emitter.constants
    tensors = compute(emitter.operators, given, own_weights(maker, imported))
    results = []
    for name in imported.graph.outputs:
        located = emitter.located[name]
        shape = imported.graph.values[name].shape
        base = emitter.bases.get(located.tensor.name, located.tensor)
        physical = tensors[base.name].reshape([shape[axis] for axis in located.order])
        results.append(physical.transpose(np.argsort(located.order)))
    return imported, results
