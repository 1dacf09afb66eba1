# SPDX-License-Identifier: Apache-2.0
"""The order in which the dimensions of a value lie in memory.

An order lists, from the outermost physical dimension to the innermost, the dimension of the ONNX
value that lies there: (0, 2, 3, 1) is an image N, C, H, W whose channels lie innermost. Dimensions
of size 1 lie anywhere.
"""

from __future__ import annotations

from orrery.onnx_import.ir import Shape

Order = tuple[int, ...]


def row_major(rank: int) -> Order:
    return tuple(range(rank))


def channels_last(rank: int) -> Order:
    """N, C, spatial... with the channels innermost."""
    return (0, *range(2, rank), 1)


def physical_shape(shape: Shape, order: Order) -> Shape:
    return tuple(shape[axis] for axis in order)


def significant(shape: Shape, order: Order) -> list[int]:
    """The dimensions larger than 1, from the outermost to the innermost."""
    return [axis for axis in order if shape[axis] != 1]


def same_bytes(shape: Shape, first: Order, second: Order) -> bool:
    """Whether both orders put every element at the same place."""
    return significant(shape, first) == significant(shape, second)


def groups_of(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """The shortest runs of dimensions, without 1s, of both shapes that hold the same elements."""
    left = [axis for axis, size in enumerate(old) if size != 1]
    right = [axis for axis, size in enumerate(new) if size != 1]
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        a, b = [left[i]], [right[j]]
        product_a, product_b = old[left[i]], new[right[j]]
        i, j = i + 1, j + 1
        while product_a != product_b:
            if product_a < product_b:
                a.append(left[i])
                product_a *= old[left[i]]
                i += 1
            else:
                b.append(right[j])
                product_b *= new[right[j]]
                j += 1
        groups.append((a, b))
    return groups


def reshaped_order(old: Shape, order: Order, new: Shape, any_inside: bool = False) -> Order | None:
    """The order of the reshaped value over the same bytes; None where elements would have to move.

    `any_inside`: the elements of a merged dimension may come in any order.
    """
    places = significant(old, order)
    position = {axis: index for index, axis in enumerate(places)}
    located = []
    for a, b in groups_of(old, new):
        where = [position[axis] for axis in a]
        first = min(where)
        if sorted(where) != list(range(first, first + len(a))):
            return None
        if where != sorted(where) and not (any_inside and len(b) == 1):
            return None
        located.append((first, b))
    result = [axis for _, group in sorted(located) for axis in group]
    # A dimension of size 1 lies behind the one before it.
    for axis, size in enumerate(new):
        if size == 1:
            result.insert(result.index(axis - 1) + 1 if axis > 0 else 0, axis)
    return tuple(result)


def permutation(source: Order, target: Order) -> list[int]:
    """For each physical dimension of the target, that of the source it comes from."""
    return [source.index(axis) for axis in target]
