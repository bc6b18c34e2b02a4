"""The pose encoder: frame embedding, then a manual and a non-manual transformer that share nothing (PAPER: Fig. 2).

Shape suffixes: B clips, T frames, V nodes (79), D features.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.model.graph import FrameEmbedding
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
    """A pre-norm transformer block; attention never looks at padding."""

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

    def forward(self, x_BTD: Tensor, valid_BT: Tensor) -> Tensor:
        """(B, T, D) and its frame mask -> (B, T, D)."""
        batch, frames, width = x_BTD.shape
        packed = self.query_key_value(self.attention_norm(x_BTD)).view(
            batch, frames, 3, self.heads, width // self.heads
        )
        query, key, value = packed.permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=valid_BT[:, None, None, :])
        x_BTD = x_BTD + self._drop(self.attention_out(seen.transpose(1, 2).reshape(batch, frames, width)))
        return x_BTD + self._drop(self.feed_out(F.gelu(self.feed_in(self.feed_norm(x_BTD)))))


class Branch(nn.Module):
    """A stack of blocks over one stream of frames, with an optional learned [CLS] in front (coarse similarity)."""

    def __init__(self, width: int, blocks: int, heads: int, dropout: float, max_frames: int, summary: bool):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.summary = nn.Parameter(torch.randn(width) * 0.02) if summary else None
        self.register_buffer("positions", sinusoidal_positions(max_frames, width), persistent=False)

    def forward(self, x_BTD: Tensor, valid_BT: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D), or (B, 1 + T, D) with the summary token first."""
        x_BTD = x_BTD + self.positions[: x_BTD.shape[1]]
        if self.summary is not None:
            x_BTD = torch.cat([self.summary.expand(len(x_BTD), 1, -1), x_BTD], dim=1)
            valid_BT = F.pad(valid_BT, (1, 0), value=True)
        for block in self.blocks:
            x_BTD = block(x_BTD, valid_BT)
        return self.norm(x_BTD)


class PoseEncoder(nn.Module):
    """Clips of 79 keypoints to sign features: manual and non-manual streams side by side.

    Table III's sizes: manual 1024, non-manual 512, sign 1536 with reading `table`. `branches` may leave one out.
    """

    def __init__(self, params: ModelParams, summary: bool = False):
        super().__init__()
        self.max_frames = params.max_frames
        self.embedding = FrameEmbedding(params.embedding, params.reading, params.graph_channels, params.part_width)
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
        batch, frames = valid_BT.shape
        if frames > self.max_frames:
            raise ValueError(f"{frames} frames in a batch, the model takes {self.max_frames}; cut the clip first")
        manual, non_manual = self.embedding(pose_BTVC[valid_BT])
        streams = {"manual": manual, "non_manual": non_manual}
        features = []
        for name, branch in self.branches.items():
            stream = streams[name]
            padded = stream.new_zeros(batch, frames, stream.shape[1])
            padded[valid_BT] = stream
            features.append(branch(padded, valid_BT))
        sign_BTD = torch.cat(features, dim=2)
        kept = F.pad(valid_BT, (1, 0), value=True) if sign_BTD.shape[1] > frames else valid_BT
        return sign_BTD * kept[..., None]
