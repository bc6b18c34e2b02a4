"""The graph convolution equals its equation, node by node; the readings have the paper's widths."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from signscale.formats.skeleton import EDGES, NODE_LEFT_SIDE, NODE_NON_MANUAL, NODE_RIGHT_SIDE, NODES
from signscale.model.graph import FrameEmbedding, GraphConvolution, normalised_adjacency


def test_adjacency_is_symmetric_and_normalised_by_both_ends():
    found = normalised_adjacency().numpy()
    degree = [sum(node in edge for edge in EDGES) for node in range(NODES)]
    expected = np.zeros((NODES, NODES))
    for a, b in EDGES:
        expected[a, b] = expected[b, a] = 1 / np.sqrt(degree[a] * degree[b])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert min(degree) > 0


@pytest.mark.parametrize("channels", [(3, 5), (4, 4)])
def test_a_graph_convolution_node_by_node(channels):
    torch.manual_seed(0)
    layer = GraphConvolution(*channels).double()
    with torch.no_grad():
        layer.bone_weight.mul_(torch.rand(NODES, NODES, dtype=torch.float64))
    x = torch.randn(2, NODES, channels[0], dtype=torch.float64)
    found = layer(x.transpose(0, 1)).transpose(0, 1)
    degree = [sum(node in edge for edge in EDGES) for node in range(NODES)]
    for n in range(2):
        for v in range(NODES):
            around = torch.zeros(channels[0], dtype=torch.float64)
            for a, b in EDGES:
                if v in (a, b):
                    other = b if v == a else a
                    weight = layer.bone_weight[v, other] / np.sqrt(degree[a] * degree[b])
                    around = around + weight * x[n, other]
            mixed = layer.mix(torch.cat([x[n, v], around]))
            normed = F.layer_norm(mixed, mixed.shape, layer.norm.weight, layer.norm.bias)
            expected = torch.relu(normed + layer.residual(x[n, v]))
            torch.testing.assert_close(found[n, v], expected, rtol=1e-6, atol=1e-7)  # the graph is held in float32


@pytest.mark.parametrize("channels", [(3, 64), (64, 64)])
def test_under_autocast_features_are_as_wide_as_products_and_near_float32(channels):
    torch.manual_seed(0)
    layer, x = GraphConvolution(*channels), torch.randn(NODES, 5, channels[0])
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(x.bfloat16())
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), layer(x), rtol=0.05, atol=0.05)


@pytest.mark.parametrize(("interpretation", "manual"), [("table", 1024), ("prose", 512)])
@pytest.mark.parametrize("embedding", ["gcn", "linear"])
def test_widths_of_the_readings(interpretation, manual, embedding):
    frame = FrameEmbedding(embedding, interpretation, [8], 512)
    one, other = frame(torch.randn(3, NODES, 3))
    assert (one.shape, other.shape) == ((3, manual), (3, 512))


def test_each_part_sees_its_own_nodes_without_the_graph():
    torch.manual_seed(0)
    frame = FrameEmbedding("linear", "table", [8], 16)
    x = torch.randn(1, NODES, 3)
    manual, non_manual = frame(x)
    for nodes, changed, kept in [
        (NODE_LEFT_SIDE, slice(0, 16), slice(16, 32)),
        (NODE_RIGHT_SIDE, slice(16, 32), slice(0, 16)),
    ]:
        moved = x.clone()
        moved[:, nodes] += 1
        other_manual, other_non_manual = frame(moved)
        assert (other_manual[:, changed] != manual[:, changed]).all()
        torch.testing.assert_close(other_manual[:, kept], manual[:, kept])
        torch.testing.assert_close(other_non_manual, non_manual)
    assert sorted([*NODE_LEFT_SIDE, *NODE_RIGHT_SIDE, *NODE_NON_MANUAL]) == list(range(NODES))


def test_any_device_takes_as_many_frames_at_once_as_a_gpu():
    embedding = FrameEmbedding("gcn", "table", [128, 256], 8)
    at_once = {kind: embedding._frames_at_once(torch.device(kind)) for kind in ("cpu", "cuda", "mps", "xpu")}
    assert at_once["cpu"] < at_once["cuda"] == at_once["mps"] == at_once["xpu"]
