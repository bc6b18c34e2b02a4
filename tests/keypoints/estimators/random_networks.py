"""ONNX networks of random weights with the inputs and outputs of the published ones: pose by SimCC, detectors."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)


class _Graph:
    """A graph in the making; `picture` is its input."""

    def __init__(self, height: int, width: int, seed: int, batch: str | int):
        self.random, self.nodes, self.weights = np.random.default_rng(seed), [], []
        self.shape = [batch, 3, height, width]

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, *inputs: str, **attributes) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def convolution(self, source: str, into: int, out: int, stride: int, side: int = 3) -> str:
        scale = (2 / (into * side * side)) ** 0.5
        weight = self.constant(self.random.normal(0, scale, (out, into, side, side)).astype(np.float32))
        return self.node("Conv", source, weight, strides=[stride] * 2, pads=[side // 2] * 4, kernel_shape=[side] * 2)

    def backbone(self, widths: tuple[int, ...], depth: int) -> list[str]:
        """Halves the picture at each width; the features of each, the first of which is scaled down."""
        mean, spread = self.constant(np.float32(100)), self.constant(np.float32(0.01))
        x, into, levels = self.node("Mul", self.node("Sub", "picture", mean), spread), 3, []
        for out in widths:
            x = self.node("Relu", self.convolution(x, into, out, 2))
            for _ in range(depth):
                x = self.node("Relu", self.convolution(x, out, out, 1))
            into = out
            levels.append(x)
        return levels

    def save(self, path: Path, outputs: dict[str, str], types: dict[str, int]) -> Path:
        for name, node in outputs.items():
            self.nodes.append(helper.make_node("Identity", [node], [name]))
        graph = helper.make_graph(
            self.nodes,
            "random",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(name, types.get(name, TensorProto.FLOAT), None) for name in outputs],
            self.weights,
        )
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
        return path


def save_pose(
    path: Path, size: tuple[int, int] = (288, 384), widths: tuple[int, ...] = (8, 8, 16, 16, 16), depth: int = 0
) -> Path:
    """A SimCC model of pictures of that width and height: two vectors of each of 133 points, two cells a pixel."""
    graph = _Graph(size[1], size[0], 1, "batch")
    features = graph.convolution(graph.backbone(widths, depth)[-1], widths[-1], 133, 1, 1)
    flat = graph.node("Reshape", features, graph.constant(np.array([0, 133, -1], np.int64)))
    cells = (size[0] // 32) * (size[1] // 32)
    heads = {}
    for name, side in (("simcc_x", size[0]), ("simcc_y", size[1])):
        weight = graph.random.normal(0, 0.1, (cells, 2 * side)).astype(np.float32)
        heads[name] = graph.node("MatMul", flat, graph.constant(weight))
    return graph.save(path, heads, {})


def save_yolox(path: Path, side: int = 416, widths: tuple[int, ...] = (4, 4, 8, 8, 8), depth: int = 0) -> Path:
    """A detector of one class without suppression: (n, cells, 6), boxes about a third of the picture in size."""
    graph = _Graph(side, side, 2, "batch")
    levels, heads = graph.backbone(widths, depth)[-3:], []
    for level, width, stride in zip(levels, widths[-3:], STRIDES, strict=True):
        raw = graph.convolution(level, width, 6, 1, 1)
        flat = graph.node("Reshape", raw, graph.constant(np.array([0, 6, -1], np.int64)))
        rows = graph.node("Transpose", flat, perm=[0, 2, 1])
        where, sure = (
            graph.node("Slice", rows, *(graph.constant(np.array([k], np.int64)) for k in (*span, 2)))
            for span in ((0, 4), (4, 6))
        )
        middle = graph.constant(np.array([0, 0, *[np.log(side / stride / 3)] * 2], np.float32))
        small = graph.node("Mul", graph.node("Tanh", where), graph.constant(np.float32(0.5)))
        boxes = graph.node("Add", small, middle)
        heads.append(graph.node("Concat", boxes, graph.node("Sigmoid", sure), axis=2))
    return graph.save(path, {"output": graph.node("Concat", *heads, axis=1)}, {})


def save_suppressed(path: Path, side: int = 320, widths: tuple[int, ...] = (4, 4, 8, 8, 8), depth: int = 0) -> Path:
    """A detector with suppression in it, a picture at a time: `dets` (1, 4, 5), and `labels` (1, 4), all people."""
    graph = _Graph(side, side, 3, 1)
    pooled = graph.node("GlobalAveragePool", graph.backbone(widths, depth)[-1])
    flat = graph.node("Reshape", pooled, graph.constant(np.array([1, -1], np.int64)))
    raw = graph.node("MatMul", flat, graph.constant(graph.random.normal(0, 1, (widths[-1], 20)).astype(np.float32)))
    moved = graph.node("Reshape", graph.node("Tanh", raw), graph.constant(np.array([1, 4, 5], np.int64)))
    base = np.array([[40, 30, 200, 240, 0.8], [150, 60, 300, 250, 0.7], [20, 20, 60, 90, 0.6], [0, 0, 9, 9, 0.1]])
    reach = graph.constant(np.array([9, 9, 9, 9, 0.05], np.float32))
    dets = graph.node("Add", graph.node("Mul", moved, reach), graph.constant(base[None].astype(np.float32)))
    labels = graph.constant(np.zeros((1, 4), np.int64))
    return graph.save(path, {"dets": dets, "labels": labels}, {"labels": TensorProto.INT64})
