"""The frame's embedding: a graph convolution over the 79 nodes, pooled by part.

Shape suffixes: N frames, V nodes (79), C channels. Only valid frames come in, so nothing is computed on padding.
"""

import itertools

import numpy as np
import torch
from torch import Tensor, nn

from signscale.skeleton import EDGES, NODE_LEFT_SIDE, NODE_NON_MANUAL, NODE_RIGHT_SIDE, NODES

INPUT_CHANNELS = 3
"""Centred x and y, and confidence."""

COORDINATE_GAIN = 4.0
"""A hand spans about a quarter of its box; its coordinates are brought to the order of one before the first layer."""


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
    neighbours' sum side by side.
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.mix = nn.Linear(2 * channels_in, channels_out)
        self.bone_weight = nn.Parameter(torch.ones(NODES, NODES))
        self.norm = nn.LayerNorm(channels_out)
        self.residual = nn.Identity() if channels_in == channels_out else nn.Linear(channels_in, channels_out)
        self.register_buffer("adjacency", normalised_adjacency(), persistent=False)

    def forward(self, x_NVC: Tensor) -> Tensor:
        """(N, 79, C_in) -> (N, 79, C_out)."""
        around_NVC = torch.matmul(self.adjacency * self.bone_weight, x_NVC)
        mixed = self.norm(self.mix(torch.cat([x_NVC, around_NVC], dim=2)))
        return torch.relu(mixed + self.residual(x_NVC))


class PartPooling(nn.Module):
    """All nodes of one part to one vector: the part's node features side by side through one linear layer.

    Reading: the paper says only "pooled by part". Keeping the nodes apart lets the hand's shape through, where their
    mean does not.
    """

    def __init__(self, nodes: np.ndarray, channels: int, width: int):
        super().__init__()
        self.register_buffer("nodes", torch.as_tensor(nodes), persistent=False)
        self.project = nn.Linear(len(nodes) * channels, width)

    def forward(self, x_NVC: Tensor) -> Tensor:
        """(N, 79, C) -> (N, width)."""
        return self.project(x_NVC[:, self.nodes].flatten(1))


class FrameEmbedding(nn.Module):
    """Keypoints of single frames to the inputs of the two branches.

    embedding "gcn": graph convolutions of the widths given; "linear": a point's own channels only (Table XIX).
    reading "table": manual = left side | right side, each `part_width` wide; "prose": manual = one part of that width.
    """

    def __init__(self, embedding: str, reading: str, graph_channels: list[int], part_width: int):
        super().__init__()
        widths = [INPUT_CHANNELS, *graph_channels] if embedding == "gcn" else [INPUT_CHANNELS]
        self.graph = nn.Sequential(*(GraphConvolution(a, b) for a, b in itertools.pairwise(widths)))
        sides = [NODE_LEFT_SIDE, NODE_RIGHT_SIDE]
        manual_parts = sides if reading == "table" else [np.concatenate(sides)]
        self.manual = nn.ModuleList(PartPooling(part, widths[-1], part_width) for part in manual_parts)
        self.non_manual = PartPooling(NODE_NON_MANUAL, widths[-1], part_width)
        self.register_buffer("gain", torch.tensor([COORDINATE_GAIN, COORDINATE_GAIN, 1.0]), persistent=False)

    def forward(self, x_NVC: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 79, 3) -> manual (N, part_width or twice it), non-manual (N, part_width)."""
        nodes_NVC = self.graph(x_NVC * self.gain)
        return torch.cat([part(nodes_NVC) for part in self.manual], dim=1), self.non_manual(nodes_NVC)
