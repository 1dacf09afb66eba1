# SPDX-License-Identifier: Apache-2.0
"""A quantized model is imported as the float model that it was made of."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from orrery.onnx_import.importer import Request, import_model


class Model:
    """x [1, 4, 9, 9], a convolution with bias, ReLU, a flattening and a product, as one form or
    another."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op}{len(self.nodes)}.{index}" for index in range(outputs)]
        name = f"{op}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), names, name=name, **attributes))
        return names if outputs > 1 else names[0]

    def scale(self):
        return self.constant(np.float32(0.5))

    def zero(self):
        return self.constant(np.int8(0))

    def around(self, x):
        """A tensor that is quantized and back."""
        q = self.node("QuantizeLinear", x, self.scale(), self.zero())
        return self.node("DequantizeLinear", q, self.scale(), self.zero())

    def weight(self, *shape):
        w = self.constant(np.ones(shape, dtype=np.int8))
        return self.node("DequantizeLinear", w, self.scale(), self.zero())

    def imported(self, path, y):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 9, 9])
        out = helper.make_tensor_value_info(y, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "g", [x], [out], self.initializers)
        opsets = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
        return import_model(Request(str(path), {}))


def plain(model):
    w, b = (model.constant(np.ones(s, dtype=np.float32)) for s in ([8, 4, 3, 3], [8]))
    y = model.node("Relu", model.node("Conv", "x", w, b, pads=[1] * 4))
    y = model.node("Flatten", y)
    return model.node("MatMul", y, model.constant(np.ones([648, 10], dtype=np.float32)))


def around_operators(model):
    bias = model.constant(np.ones(8, dtype=np.int32))
    bias = model.node("DequantizeLinear", bias, model.scale(), model.constant(np.int32(0)))
    y = model.node("Conv", model.around("x"), model.weight(8, 4, 3, 3), bias, pads=[1] * 4)
    y = model.around(model.node("Relu", y))
    y = model.node("Flatten", y)
    return model.around(model.node("MatMul", y, model.weight(648, 10)))


def quantized_operators(model):
    def pair():
        return model.scale(), model.zero()

    x = model.node("QuantizeLinear", "x", *pair())
    w = model.constant(np.ones([8, 4, 3, 3], dtype=np.int8))
    bias = model.constant(np.ones(8, dtype=np.int32))
    y = model.node("QLinearConv", x, *pair(), w, *pair(), *pair(), bias, pads=[1] * 4)
    y = model.node("Relu", model.node("DequantizeLinear", y, *pair()))
    y = model.node("QuantizeLinear", model.node("Flatten", y), *pair())
    w = model.constant(np.ones([648, 10], dtype=np.int8))
    y = model.node("QLinearMatMul", y, *pair(), w, *pair(), *pair())
    return model.node("DequantizeLinear", y, *pair())


def shape_of(imported):
    """Operators without their names, and the parameters of the model."""
    operators = [
        {key: value for key, value in operator.items() if key not in ("name", "inputs")}
        for operator in imported.emitter.operators
        if operator["kind"] != "reshape"
    ]
    return operators, imported.origin["parameters"]


@pytest.mark.parametrize("form", [around_operators, quantized_operators])
def test_it_has_the_operators_and_parameters_of_the_float_model(form, tmp_path):
    float_model, model = Model(), Model()
    wanted = shape_of(float_model.imported(tmp_path / "a.onnx", plain(float_model)))
    # 8*4*9 + 8 of the convolution, 648*10 of the product
    assert wanted[1] == 288 + 8 + 6480
    assert shape_of(model.imported(tmp_path / "b.onnx", form(model))) == wanted


def test_a_dynamic_scale_costs_two_reductions(tmp_path):
    model = Model()
    quantized, scale, zero = model.node("DynamicQuantizeLinear", "x", outputs=3)
    w = model.constant(np.ones([8, 4, 3, 3], dtype=np.uint8))
    y = model.node("ConvInteger", quantized, w, zero, model.constant(np.uint8(0)))
    y = model.node("Cast", y, to=TensorProto.FLOAT)
    y = model.node("Mul", y, model.node("Mul", scale, model.scale()))
    imported = model.imported(tmp_path / "m.onnx", y)
    kinds = [
        (operator["kind"], operator.get("function"))
        for operator in imported.emitter.operators
        if operator["kind"] != "reshape"
    ]
    assert kinds == [
        ("reduction", "maximum"),
        ("reduction", "minimum"),
        ("elementwise", "subtract"),
        ("elementwise", "multiply"),
        ("convolution", None),
        ("elementwise", "multiply"),
        ("elementwise", "multiply"),
    ]
