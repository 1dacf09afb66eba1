# SPDX-License-Identifier: Apache-2.0
"""Recognises operators that exporters write as several nodes.

Every pattern is found from one node that only it has, upwards to its source and downwards to its
result; nodes in between must have no other reader.
"""

from __future__ import annotations

import math

from orrery.onnx_import.ir import Graph, Node

COMMUTATIVE = {"Add", "Mul"}


def is_near(value: float | None, wanted: float) -> bool:
    return value is not None and math.isclose(value, wanted, rel_tol=1e-3, abs_tol=1e-9)


def other_input(node: Node, name: str) -> str:
    """The operand beside `name` of a node with two."""
    return node.inputs[1] if node.inputs[0] == name else node.inputs[0]


def scalar_operand(graph: Graph, node: Node | None, op: str) -> tuple[str, float] | None:
    """Operand and constant of `x op constant`."""
    if node is None or node.op != op:
        return None
    for index in (1, 0) if op in COMMUTATIVE else (1,):
        value = graph.scalar(node.inputs[index])
        if value is not None:
            return node.inputs[1 - index], value
    return None


def next_of(graph: Graph, node: Node, *ops: str) -> Node | None:
    """The only reader of a node's output, if it is one of `ops`."""
    reader = graph.only_consumer(node.outputs[0])
    return reader if reader is not None and reader.op in ops else None


def scaled_source(graph: Graph, name: str, factor: float) -> tuple[str, Node] | None:
    """x and the node, where `name` is x * factor or x / (1 / factor)."""
    node = graph.producer(name)
    product = scalar_operand(graph, node, "Mul")
    if product is not None and is_near(product[1], factor):
        return product[0], node
    quotient = scalar_operand(graph, node, "Div")
    if quotient is not None and is_near(quotient[1], 1 / factor):
        return quotient[0], node
    return None


def half_of_product(graph: Graph, source: str, plus_one: Node) -> list[Node] | None:
    """The nodes that make 0.5 * source * plus_one of `plus_one`, in any order of factors."""
    product = next_of(graph, plus_one, "Mul")
    if product is None:
        return None
    other = other_input(product, plus_one.outputs[0])
    halved = scaled_source(graph, other, 0.5)
    if halved is not None and halved[0] == source:
        return [halved[1], product]
    last = next_of(graph, product, "Mul", "Div")
    if last is None:
        return None
    if other == source:
        half = scaled_source(graph, last.outputs[0], 0.5)
        return [product, last] if half is not None else None
    if is_near(graph.scalar(other), 0.5) and source in last.inputs:
        return [product, last]
    return None


def gelu_tail(graph: Graph, inner: Node, source: str, before: list[Node], kind: str) -> bool:
    plus_one = next_of(graph, inner, "Add")
    sum_ = scalar_operand(graph, plus_one, "Add")
    if plus_one is None or sum_ is None or not is_near(sum_[1], 1.0):
        return False
    after = half_of_product(graph, source, plus_one)
    if after is None:
        return False
    node = Node("Gelu", after[-1].name, [source], list(after[-1].outputs), {"approximate": kind})
    return graph.replace([*before, inner, plus_one, *after], node)


def match_gelu_erf(graph: Graph, node: Node) -> bool:
    """0.5 * x * (1 + erf(x / sqrt(2)))."""
    scaled = scaled_source(graph, node.inputs[0], math.sqrt(0.5))
    return scaled is not None and gelu_tail(graph, node, scaled[0], [scaled[1]], "none")


def cube_of(graph: Graph, name: str) -> tuple[str, list[Node]] | None:
    power = graph.producer(name)
    cubed = scalar_operand(graph, power, "Pow")
    if cubed is not None and is_near(cubed[1], 3.0):
        return cubed[0], [power]
    if power is None or power.op != "Mul":
        return None
    for source, square in (power.inputs, power.inputs[::-1]):
        inner = graph.producer(square, "Mul")
        if inner is not None and inner.inputs == [source, source]:
            return source, [inner, power]
    return None


def match_gelu_tanh(graph: Graph, node: Node) -> bool:
    """0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))."""
    scaled = scaled_source(graph, node.inputs[0], math.sqrt(2 / math.pi))
    sum_ = graph.producer(scaled[0], "Add") if scaled is not None else None
    if sum_ is None:
        return False
    for source, cubic in (sum_.inputs, sum_.inputs[::-1]):
        weighted = scaled_source(graph, cubic, 0.044715)
        cube = cube_of(graph, weighted[0]) if weighted is not None else None
        if cube is not None and cube[0] == source:
            before = [*cube[1], weighted[1], sum_, scaled[1]]
            return gelu_tail(graph, node, source, before, "tanh")
    return False


def gated(result: str):
    """x * gate(x), where `node` is the gate."""

    def match(graph: Graph, node: Node) -> bool:
        product = next_of(graph, node, "Mul")
        source = node.inputs[0]
        if product is None or other_input(product, node.outputs[0]) != source:
            return False
        return graph.replace(
            [node, product], Node(result, product.name, [source], list(product.outputs))
        )

    return match


def match_hard_swish(graph: Graph, node: Node) -> bool:
    """x * clip(x + 3, 0, 6) / 6."""
    plus = scalar_operand(graph, graph.producer(node.inputs[0]), "Add")
    limits = [node.attributes.get("min"), node.attributes.get("max")]
    if len(node.inputs) > 1:
        limits = [graph.scalar(node.input(1)), graph.scalar(node.input(2))]
    if plus is None or not is_near(plus[1], 3.0) or limits != [0.0, 6.0]:
        return False
    source, sum_ = plus[0], graph.producer(node.inputs[0])
    first = next_of(graph, node, "Mul", "Div")
    last = next_of(graph, first, "Mul", "Div") if first is not None else None
    if last is None:
        return False
    steps = (first, last) if scaled_source(graph, last.outputs[0], 1 / 6) else (last, first)
    if source not in steps[0].inputs or scaled_source(graph, steps[1].outputs[0], 1 / 6) is None:
        return False
    removed = [sum_, node, first, last]
    return graph.replace(removed, Node("HardSwish", last.name, [source], list(last.outputs)))


def last_axes(graph: Graph, node: Node) -> int | None:
    """How many axes a reduction takes, if they are the last ones."""
    axes = node.attributes.get("axes")
    if axes is None and node.input(1):
        value = graph.values[node.input(1)]
        axes = None if value.data is None else value.data.reshape(-1).tolist()
    if axes is None:
        return None
    rank = len(graph.values[node.inputs[0]].shape)
    wanted = sorted(axis % rank for axis in axes)
    return len(wanted) if wanted == list(range(rank - len(wanted), rank)) else None


def is_square(graph: Graph, node: Node, source: str) -> bool:
    power = scalar_operand(graph, node, "Pow")
    if power is not None:
        return power[0] == source and is_near(power[1], 2.0)
    return node.op == "Mul" and node.inputs == [source, source]


def affine_tail(graph: Graph, last: Node, axes: int, beta: bool) -> tuple[list[Node], list[str]]:
    """Multiplication with gamma and addition of beta behind a normalization."""
    nodes: list[Node] = []
    operands: list[str] = []
    for op in ("Mul", "Add") if beta else ("Mul",):
        node = next_of(graph, last, op)
        if node is None:
            break
        name = other_input(node, last.outputs[0])
        value = graph.values.get(name)
        if value is None or not value.constant or len(value.shape) > axes or value.size == 1:
            break
        nodes.append(node)
        operands.append(name)
        last = node
    return nodes, operands


def match_normalization(graph: Graph, node: Node) -> bool:
    """(x - mean) / sqrt(mean of squares + epsilon), or without the mean; from its Sqrt."""
    plus = graph.producer(node.inputs[0], "Add")
    epsilon = scalar_operand(graph, plus, "Add")
    mean = graph.producer(epsilon[0], "ReduceMean") if epsilon is not None else None
    square = graph.producer(mean.inputs[0]) if mean is not None else None
    axes = last_axes(graph, mean) if mean is not None else None
    if square is None or axes is None or square.op not in ("Pow", "Mul"):
        return False
    centred = square.inputs[0]
    if not is_square(graph, square, centred):
        return False
    nodes = [square, mean, plus, node]
    result = next_of(graph, node, "Div", "Reciprocal")
    if result is None:
        return False
    if result.op == "Reciprocal" or is_near(graph.scalar(result.inputs[0]), 1.0):
        nodes.append(result)
        result = next_of(graph, result, "Mul")
        dividend = other_input(result, nodes[-1].outputs[0]) if result is not None else ""
    else:
        dividend = result.inputs[0]
    if result is None:
        return False
    nodes.append(result)
    return finish_normalization(graph, nodes, (centred, dividend), axes, epsilon[1])


def finish_normalization(
    graph: Graph, nodes: list[Node], operands: tuple[str, str], axes: int, epsilon: float
) -> bool:
    """Decides between layer and RMS normalization by what was squared and what was divided."""
    centred, dividend = operands
    subtractions = [graph.producer(name, "Sub") for name in operands]
    first = graph.producer(subtractions[0].inputs[1], "ReduceMean") if subtractions[0] else None
    if first is not None and first.inputs[0] == subtractions[0].inputs[0]:
        # Some exporters write the subtraction twice.
        same = subtractions[1] is not None and subtractions[1].inputs == subtractions[0].inputs
        if not same or last_axes(graph, first) != axes:
            return False
        source, op = first.inputs[0], "LayerNormalization"
        nodes = [first, *dict.fromkeys(subtractions), *nodes]
    elif dividend == centred:
        source, op = centred, "RMSNormalization"
    else:
        return False
    tail, affine = affine_tail(graph, nodes[-1], axes, op == "LayerNormalization")
    nodes += tail
    attributes = {"axis": -axes, "epsilon": epsilon}
    node = Node(op, nodes[-1].name, [source, *affine], list(nodes[-1].outputs), attributes)
    return graph.replace(nodes, node)


def match_batch_norm(graph: Graph, node: Node) -> bool:
    """A batch normalization behind a convolution changes its filters and biases."""
    product = graph.producer(node.inputs[0])
    if (
        product is None
        or product.op not in ("Conv", "ConvTranspose", "Gemm")
        or graph.only_consumer(node.inputs[0]) is not node
        or not graph.values[product.inputs[1]].constant
    ):
        return False
    attributes = {**product.attributes, "shifted": True}
    merged = Node(product.op, product.name, product.inputs, [node.outputs[0]], attributes)
    return graph.replace([product, node], merged)


def match_bias(graph: Graph, node: Node) -> bool:
    """An addition of one constant for each column, behind a product with a constant matrix."""
    for name in node.inputs:
        product = graph.producer(name, "MatMul")
        bias = graph.values.get(other_input(node, name))
        if (
            product is not None
            and bias is not None
            and bias.constant
            and bias.shape
            and graph.only_consumer(name) is node
            and graph.values[product.inputs[1]].constant
            and len(graph.values[product.inputs[1]].shape) == 2
            and bias.size == graph.values[name].shape[-1] == bias.shape[-1]
            and len(bias.shape) <= len(graph.values[name].shape)
        ):
            merged = Node(
                "MatMul",
                product.name,
                [*product.inputs, bias.name],
                list(node.outputs),
                product.attributes,
            )
            return graph.replace([product, node], merged)
    return False


def match_group_normalization(graph: Graph, node: Node) -> bool:
    """[N, G, -1] normalized over its rows and given its shape back, scale 1 and bias 0."""
    before = graph.producer(node.inputs[0], "Reshape")
    after = graph.only_consumer(node.outputs[0])
    if before is None or after is None or after.op != "Reshape":
        return False
    shape, groups = graph.values[before.inputs[0]].shape, graph.values[node.inputs[0]].shape
    scale, bias = (graph.values[name].data for name in node.inputs[1:3])
    if (
        len(groups) != 3
        or len(shape) < 3
        or groups[:1] != shape[:1]
        or shape[1] % groups[1] != 0
        or graph.values[after.outputs[0]].shape != shape
        or graph.only_consumer(before.outputs[0]) is not node
        or scale is None
        or bias is None
        or (scale != 1).any()
        or bias.any()
    ):
        return False
    attributes = {**node.attributes, "num_groups": groups[1]}
    merged = Node(
        "GroupNormalization", node.name, before.inputs[:1], list(after.outputs), attributes
    )
    return graph.replace([before, node, after], merged)


# By the operator from which the pattern is found.
PATTERNS = {
    "Erf": [match_gelu_erf],
    "Tanh": [match_gelu_tanh],
    "Sigmoid": [gated("Swish")],
    "HardSigmoid": [gated("HardSwish")],
    "Clip": [match_hard_swish],
    "Sqrt": [match_normalization],
    "BatchNormalization": [match_batch_norm],
    "InstanceNormalization": [match_group_normalization],
    "Add": [match_bias],
}


def recognise(graph: Graph, keep: set[str]) -> None:
    """Replaces every pattern by the operator it is. Nodes named in `keep` stay as they are."""
    for node in list(graph.nodes):
        if node.name in keep or node.op in keep or node not in graph.nodes:
            continue
        for match in PATTERNS.get(node.op, []):
            if match(graph, node):
                break
