"""Clips of unequal length without padding: the valid frames of a batch one after the other, and attention among them.

What sees one frame at a time runs on the packed rows. So does attention on a GPU in bf16, by one kernel that
is told where each clip begins. Elsewhere it needs the frames of a clip side by side: clips of similar length go
together, each group filled up to its own longest clip. No weights live here.

Shape suffixes: B clips, T frames, F valid frames of all clips, N rows (the frames, and a clip's summary where it has
one), D features.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention.varlen import varlen_attn

from signscale.data.batches import similar_lengths


@dataclass(frozen=True, slots=True)
class Group:
    """Clips that attend together. rows: number of their frames; filled: rows of the group's places, or none where all
    clips are equally long; mask: (b, 1, 1, longest) places that are real; kept: the places that are rows."""

    rows: int
    clips: int
    longest: int
    filled: Tensor | None = None
    mask: Tensor | None = None
    kept: Tensor | None = None


def group_of(lengths: np.ndarray, device: torch.device) -> Group:
    """The group of clips of these lengths (b,), one after the other in its rows."""
    clips, longest = len(lengths), int(lengths.max())
    if lengths.min() == longest:
        return Group(clips * longest, clips, longest)
    times, starts = np.arange(longest), lengths.cumsum() - lengths
    real = times < lengths[:, None]
    filled = starts[:, None] + np.minimum(times, lengths[:, None] - 1)  # the last frame again, masked
    filled, kept, mask = (torch.from_numpy(x).to(device) for x in (filled.ravel(), real.ravel().nonzero()[0], real))
    return Group(int(lengths.sum()), clips, longest, filled, mask[:, None, None], kept)


def attention(query_key_value: Tensor, heads: int, mask: Tensor | None) -> Tensor:
    """(B, T, 3 D), and which keys may be looked at (broadcast to (B, heads, T, T)) or none for all -> (B x T, D)."""
    batch, frames, width = query_key_value.shape
    apart = query_key_value.view(batch, frames, 3, heads, width // 3 // heads)
    query, key, value = apart.permute(2, 0, 3, 1, 4)
    seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return seen.transpose(1, 2).reshape(batch * frames, width // 3)


class Packing:
    """Which frame of a batch each row is: the longest clip first; with `summary` each clip has one row more, in front.

    times: (F,) place of each frame in its clip, from 0.
    """

    def __init__(self, valid_BT: Tensor, summary: bool = False):
        device = valid_BT.device
        rows_BT = F.pad(valid_BT, (1, 0), value=True) if summary else valid_BT
        lengths_B = rows_BT.sum(dim=1).cpu().numpy()
        order_B = np.argsort(-lengths_B, kind="stable")
        self._lengths = lengths_B[order_B]
        order = torch.from_numpy(order_B).to(device)
        self._shape, self._places = rows_BT.shape, _places(rows_BT, order)
        self._frames = _places(valid_BT, order) if summary else self._places
        self._leads = self._places % rows_BT.shape[1] == 0 if summary else None
        self._frame_rows = (~self._leads).nonzero()[:, 0] if summary else None
        self.times = self._frames % valid_BT.shape[1]

    def take(self, x_BT: Tensor) -> Tensor:
        """(B, T, ...) -> (F, ...): the valid frames."""
        return x_BT.flatten(0, 1).index_select(0, self._frames)

    def lead(self, x_FD: Tensor, summary_D: Tensor) -> Tensor:
        """Frames (F, D) -> rows (N, D) with the summary in front of each clip."""
        frame_N = (~self._leads).cumsum(0) - 1
        return torch.where(self._leads[:, None], summary_D, x_FD.index_select(0, frame_N.clamp(min=0)))

    def frames(self, x_ND: Tensor) -> Tensor:
        """Rows (N, D) -> frames (F, D)."""
        return x_ND if self._frame_rows is None else x_ND.index_select(0, self._frame_rows)

    @cached_property
    def _starts(self) -> Tensor:
        """(B + 1,) where each clip's rows begin, longest clip first, and their number."""
        starts = np.concatenate([[0], self._lengths.cumsum()]).astype(np.int32)
        return torch.from_numpy(starts).to(self._places.device)

    @cached_property
    def _groups(self) -> list[Group]:
        runs = similar_lengths(self._lengths)
        return [group_of(self._lengths[run], self._places.device) for run in runs]

    def attend(self, query_key_value_NK: Tensor, heads: int) -> Tensor:
        """(N, 3 D) -> (N, D): every row looks at the rows of its own clip."""
        rows, width = query_key_value_NK.shape
        if rows and query_key_value_NK.is_cuda and query_key_value_NK.dtype == torch.bfloat16:
            query, key, value = query_key_value_NK.view(rows, 3, heads, width // 3 // heads).unbind(1)
            longest = int(self._lengths[0])
            seen_NHD = varlen_attn(query, key, value, self._starts, self._starts, longest, longest)
            return seen_NHD.reshape(rows, width // 3)
        seen, sizes = [], [group.rows for group in self._groups]
        for group, part in zip(self._groups, query_key_value_NK.split(sizes), strict=True):
            filled = part if group.filled is None else part.index_select(0, group.filled)
            out = attention(filled.view(group.clips, group.longest, -1), heads, group.mask)
            seen.append(out if group.kept is None else out.index_select(0, group.kept))
        return torch.cat(seen) if seen else query_key_value_NK[:, : width // 3]

    def put(self, x_ND: Tensor) -> Tensor:
        """Rows (N, D) -> (B, T, D), or (B, 1 + T, D) with the summaries first; zero at padding."""
        return _put(x_ND, self._places, self._shape)

    def put_frames(self, x_FD: Tensor) -> Tensor:
        """Frames (F, D) -> (B, T, D), zero at padding."""
        return _put(x_FD, self._frames, (self._shape[0], self._shape[1] - (self._leads is not None)))


def _places(valid_BT: Tensor, order_B: Tensor) -> Tensor:
    """Indices into (B x T) of the valid frames, clip after clip in the given order."""
    nth, time = valid_BT[order_B].nonzero(as_tuple=True)
    return order_B[nth] * valid_BT.shape[1] + time


def _put(rows: Tensor, places: Tensor, shape: tuple[int, int]) -> Tensor:
    return rows.new_zeros(shape[0] * shape[1], rows.shape[1]).index_copy(0, places, rows).view(*shape, rows.shape[1])
