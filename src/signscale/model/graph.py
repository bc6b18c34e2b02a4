"""The frame's embedding: a graph convolution over the 79 nodes, pooled by part.

Shape suffixes: N frames, V nodes (79), C channels in, D channels out. Only valid frames come in, so nothing is computed
on padding. Between the layers nodes stand first (V, N, C), so that the sum over neighbours is one matrix product for
all frames, and frames go by in runs, so that what is computed on stays near.
"""

import itertools

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.formats.skeleton import EDGES, NODE_LEFT_SIDE, NODE_NON_MANUAL, NODE_RIGHT_SIDE, NODES

INPUT_CHANNELS = 3
"""Centred x and y, and confidence."""

COORDINATE_GAIN = 4.0
"""A hand spans about a quarter of its box; this factor scales its coordinates to about one before the first layer."""

CPU_NUMBERS, OTHER_NUMBERS = 1 << 19, 1 << 27
"""How many numbers of a layer's features are computed at once: two megabytes on a CPU, to fit its cache; more on a GPU,
to start few kernels."""


def normalised_adjacency() -> Tensor:
    """Bones of the 79-node graph as D^-1/2 A D^-1/2 without self-loops (79, 79); Kipf and Welling 2017."""
    adjacency = np.zeros((NODES, NODES))
    for a, b in EDGES:
        adjacency[a, b] = adjacency[b, a] = 1
    scale = 1 / np.sqrt(adjacency.sum(axis=1))
    return torch.tensor(scale[:, None] * adjacency * scale[None], dtype=torch.float32)


class GraphConvolution(nn.Module):
    """One spatial ST-GCN block without temporal edges: ReLU(norm(W [x, (A * M) x]) + residual) (Yan et al. 2018).

    A is the fixed graph, M a learned weight of each bone that starts at one; W sees a node's own features and its
    neighbours' sum side by side. order: which node stands at each place of the input; M's is that of the skeleton.
    """

    def __init__(self, channels_in: int, channels_out: int, order: np.ndarray | None = None):
        super().__init__()
        self.mix = nn.Linear(2 * channels_in, channels_out)
        self.bone_weight = nn.Parameter(torch.ones(NODES, NODES))
        self.norm = nn.LayerNorm(channels_out)
        self.residual = nn.Identity() if channels_in == channels_out else nn.Linear(channels_in, channels_out)
        self.register_buffer("adjacency", normalised_adjacency(), persistent=False)
        places = torch.arange(NODES) if order is None else torch.as_tensor(order)
        self.register_buffer("order", places, persistent=False)

    def forward(self, x_VNC: Tensor) -> Tensor:
        """(79, N, C_in) -> (79, N, C_out)."""
        graph = (self.adjacency * self.bone_weight)[self.order[:, None], self.order]
        own, around = self.mix.weight.split(x_VNC.shape[-1], dim=1)  # W of a node's own features, and of the sums
        sums_VNC = neighbour_sums(graph, x_VNC)
        mixed_VND = F.linear(x_VNC, own, self.mix.bias) + F.linear(sums_VNC, around)
        return torch.relu(self._normed(mixed_VND) + self.residual(x_VNC))

    def _normed(self, mixed_VND: Tensor) -> Tensor:
        """The norm, read and written in the type of its input: autocast would copy these largest of all features to
        float32 and back. Mean and variance are float32 either way."""
        weight, bias = (p.to(mixed_VND.dtype) for p in (self.norm.weight, self.norm.bias))
        with torch.autocast(mixed_VND.device.type, enabled=False):
            return F.layer_norm(mixed_VND, self.norm.normalized_shape, weight, bias, self.norm.eps)


def neighbour_sums(graph: Tensor, x_VNC: Tensor) -> Tensor:
    """Every node's weighted sum over its neighbours: graph (79, 79), (79, N, C) -> (79, N, C).

    On a GPU the graph's rows lie eighty numbers apart: fast matrix products want rows at multiples of sixteen bytes.
    """
    kind = x_VNC.device.type
    if kind == "cuda":
        graph = graph.to(torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x_VNC.dtype)
        graph = F.pad(graph, (0, -len(graph) % 8))[:, : len(graph)]
    return (graph @ x_VNC.flatten(1)).view_as(x_VNC)


class PartPooling(nn.Module):
    """All nodes of one part to one vector: the part's node features side by side through one linear layer.

    Interpretation: the paper says only "pooled by part". Separate nodes keep the shape of the hand, which a mean would
    lose.
    """

    def __init__(self, nodes: int, channels: int, width: int):
        super().__init__()
        self.project = nn.Linear(nodes * channels, width)

    def forward(self, part_NK: Tensor) -> Tensor:
        """(N, nodes x channels), the part's nodes side by side -> (N, width)."""
        return self.project(part_NK)


class FrameEmbedding(nn.Module):
    """Keypoints of single frames to the inputs of the two branches.

    embedding "gcn": graph convolutions of the widths given; "linear": a point's own channels only (Table XIX).
    interpretation "table": manual = left side | right side, each `part_width` wide; "prose": one part of that width.
    The nodes are put in the order of the parts first, while they are small, so that no part is gathered later.
    """

    def __init__(self, embedding: str, interpretation: str, graph_channels: list[int], part_width: int):
        super().__init__()
        widths = [INPUT_CHANNELS, *graph_channels] if embedding == "gcn" else [INPUT_CHANNELS]
        sides = [NODE_LEFT_SIDE, NODE_RIGHT_SIDE]
        parts = [*(sides if interpretation == "table" else [np.concatenate(sides)]), NODE_NON_MANUAL]
        order = np.concatenate(parts)
        self.graph = nn.Sequential(*(GraphConvolution(a, b, order) for a, b in itertools.pairwise(widths)))
        self.manual = nn.ModuleList(PartPooling(len(part), widths[-1], part_width) for part in parts[:-1])
        self.non_manual = PartPooling(len(NODE_NON_MANUAL), widths[-1], part_width)
        self.widest = NODES * max(widths)
        self.spans = [len(part) * widths[-1] for part in parts]
        self.register_buffer("order", torch.as_tensor(order), persistent=False)
        self.register_buffer("gain", torch.tensor([COORDINATE_GAIN, COORDINATE_GAIN, 1.0]), persistent=False)

    def forward(self, x_NVC: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 79, 3) -> manual (N, part_width or twice it), non-manual (N, part_width)."""
        runs = (x_NVC.transpose(0, 1)[self.order] * self.gain).split(self._frames_at_once(x_NVC.device), dim=1)
        nodes_NVC = torch.cat([self.graph(run_VNC.contiguous()).transpose(0, 1) for run_VNC in runs])
        *manual, non_manual = nodes_NVC.flatten(1).split(self.spans, dim=1)
        pooled = [pool(part) for pool, part in zip(self.manual, manual, strict=True)]
        return torch.cat(pooled, dim=1), self.non_manual(non_manual)

    def _frames_at_once(self, device: torch.device) -> int:
        return max(1, (CPU_NUMBERS if device.type == "cpu" else OTHER_NUMBERS) // self.widest)
