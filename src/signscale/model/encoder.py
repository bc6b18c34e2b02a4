"""The pose encoder: frame embedding, then a manual and a non-manual transformer that share nothing (PAPER: Fig. 2).

Frames are packed (signscale.model.packing): nothing but attention ever sees padding.

Shape suffixes: B clips, T frames, V nodes (79), F valid frames, N rows (frames and summaries), D features.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.model.graph import FrameEmbedding
from signscale.model.packing import Packing
from signscale.params import ModelParams


def sinusoidal_positions(length: int, width: int) -> Tensor:
    """(length, width) fixed position code of Vaswani et al. 2017."""
    position = torch.arange(length)[:, None]
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    table = torch.zeros(length, width)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)[:, : width // 2]
    return table


class Block(nn.Module):
    """A pre-norm transformer block; a row looks at the rows of its own clip alone."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.feed_norm = nn.LayerNorm(width)
        self.feed_in = nn.Linear(width, 4 * width)
        self.feed_out = nn.Linear(4 * width, width)

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)

    def forward(self, x_ND: Tensor, packing: Packing) -> Tensor:
        """(N, D) -> (N, D)."""
        seen_ND = packing.attend(self.query_key_value(self.attention_norm(x_ND)), self.heads)
        x_ND = x_ND + self._drop(self.attention_out(seen_ND))
        return x_ND + self._drop(self.feed_out(F.gelu(self.feed_in(self.feed_norm(x_ND)))))


class Branch(nn.Module):
    """A stack of blocks over one stream of frames, with an optional learned [CLS] in front (coarse similarity)."""

    def __init__(self, width: int, blocks: int, heads: int, dropout: float, max_frames: int, summary: bool):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.summary = nn.Parameter(torch.randn(width) * 0.02) if summary else None
        self.register_buffer("positions", sinusoidal_positions(max_frames, width), persistent=False)

    def forward(self, x_FD: Tensor, packing: Packing) -> Tensor:
        """Frames (F, D) -> rows (N, D): those of the frames, and of the summaries if there are any."""
        x_ND = x_FD + self.positions[packing.times]
        if self.summary is not None:
            x_ND = packing.lead(x_ND, self.summary)
        for block in self.blocks:
            x_ND = block(x_ND, packing)
        return self.norm(x_ND)


class PoseEncoder(nn.Module):
    """Clips of 79 keypoints to sign features: manual and non-manual streams side by side.

    Table III's sizes: manual 1024, non-manual 512, sign 1536 with interpretation `table`. `branches` may leave one out.
    """

    def __init__(self, params: ModelParams, summary: bool = False):
        super().__init__()
        self.max_frames, self.summary = params.max_frames, summary
        self.embedding = FrameEmbedding(
            params.embedding, params.interpretation, params.graph_channels, params.part_width
        )
        manual_width = params.part_width * len(self.embedding.manual)
        widths = {"manual": manual_width, "non_manual": params.part_width}
        if params.branches != "both":
            widths = {params.branches: widths[params.branches]}
        self.branches = nn.ModuleDict(
            {
                name: Branch(width, params.blocks, params.heads, params.dropout, params.max_frames, summary)
                for name, width in widths.items()
            }
        )
        self.width = sum(widths.values())

    def forward(self, pose_BTVC: Tensor, valid_BT: Tensor) -> Tensor:
        """(B, T, 79, 3) normalised keypoints and (B, T) bool -> (B, T, width), zero at padding.

        With a summary token the first row is the clip's: (B, 1 + T, width). Raises ValueError beyond max_frames.
        """
        rows_ND, packing = self.rows(pose_BTVC, valid_BT)
        return packing.put(rows_ND)

    def rows(self, pose_BTVC: Tensor, valid_BT: Tensor) -> tuple[Tensor, Packing]:
        """The same without padding: (N, width), and which frame each row is. Raises ValueError beyond max_frames."""
        frames = valid_BT.shape[1]
        if frames > self.max_frames:
            raise ValueError(f"{frames} frames in a batch, the model takes {self.max_frames}; cut the clip first")
        packing = Packing(valid_BT, self.summary)
        manual, non_manual = self.embedding(packing.take(pose_BTVC))
        streams = {"manual": manual, "non_manual": non_manual}
        return torch.cat([branch(streams[name], packing) for name, branch in self.branches.items()], dim=1), packing
