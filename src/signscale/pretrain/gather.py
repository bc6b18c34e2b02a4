"""Rows and sums over all ranks, with gradient, so that a loss over the global batch is exact.

Every rank has the same global loss. A data-parallel engine averages gradients over ranks; the gathers' backward
sums what each rank asks of a row. Together they give the gradient of one process holding the whole batch.
"""

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as dist_nn
from torch import Tensor
from torch.nn import functional as F


def _ranks() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def total(value: Tensor) -> Tensor:
    """The sum of a scalar over all ranks, with gradient."""
    return value if _ranks() == 1 else dist_nn.all_reduce(value)


def gather_rows(rows: Tensor) -> Tensor:
    """Rows (B_r, k_r, ...) of every rank in rank order (sum of B_r, max of k_r, ...), zero-padded; with gradient."""
    if _ranks() == 1:
        return rows
    shape = torch.tensor([rows.shape[0], rows.shape[1] if rows.dim() > 1 else 0], device=rows.device)
    shapes = [torch.empty_like(shape) for _ in range(_ranks())]
    dist.all_gather(shapes, shape)
    most_rows, most_columns = (int(max(s[k] for s in shapes)) for k in range(2))
    kind = rows.dtype
    rows = rows.to(torch.uint8) if kind == torch.bool else rows
    spare = [0, most_rows - rows.shape[0]]
    if rows.dim() > 1:
        spare = [0, most_columns - rows.shape[1], *spare]
    padded = F.pad(rows, [0, 0] * max(0, rows.dim() - 2) + spare).contiguous()
    if padded.requires_grad:
        parts = dist_nn.all_gather(padded)
    else:
        parts = [torch.empty_like(padded) for _ in range(_ranks())]
        dist.all_gather(parts, padded)
    return torch.cat([part[: int(s[0])] for part, s in zip(parts, shapes, strict=True)]).to(kind)
