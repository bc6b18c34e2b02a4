"""Wide 3 x 3 convolutions with a quarter of the multiplications, for a CPU: Winograd's minimal filtering.

A direct convolution runs near the rate of a CPU's matrix products, so only fewer products are faster. A tile of 6 x 6
pixels, which gives 4 x 4, is taken as a polynomial known by its values at six points an axis. There a convolution
multiplies value by value, which over the channels is 36 matrix products (Lavin and Gray, "Fast Algorithms for
Convolutional Neural Networks", 2016, section 4).
"""

import numpy as np
import torch
from torch import nn

# With the usual 0, 1, -1, 2, -2 (and infinity) float32 rounds twice as much; with these HRNet's heatmaps come as close
# to those in double precision as by direct convolution.
_POINTS = np.array([0, 0.75, -0.75, 1.5, -1.5])
_TILE, _STEP = 6, 4
_LEAST_CHANNELS = 96  # below, what the tiles cost to make is more than what they save
_TOGETHER = 4  # pictures whose tiles still lie in a CPU's cache


def speed_up(model: nn.Module) -> None:
    """Replace, in place, the convolutions of `model` that gain by it."""
    for name, part in model.named_children():
        if isinstance(part, nn.Conv2d) and _gains(part):
            setattr(model, name, Winograd(part))
        else:
            speed_up(part)


def _gains(part: nn.Conv2d) -> bool:
    same = part.kernel_size == (3, 3) and part.stride == part.dilation == part.padding == (1, 1) and part.groups == 1
    return same and part.bias is not None and min(part.in_channels, part.out_channels) >= _LEAST_CHANNELS


class Winograd(nn.Module):
    """A convolution of 3 x 3, stride 1, padding 1, with a bias, for inference."""

    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        weight = convolution.weight.detach()
        out, into, kind = *weight.shape[:2], weight.dtype
        filters, tiles, pictures = (torch.from_numpy(np.kron(one, one)) for one in _transforms())
        values = filters @ weight.double().permute(2, 3, 1, 0).reshape(9, -1)
        self.register_buffer("values", values.reshape(_TILE**2, into, out).to(kind))
        self.register_buffer("tiles", tiles.to(kind))
        self.register_buffer("pictures", pictures.to(kind))
        self.register_buffer("bias", convolution.bias.detach())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W) to (n, channels out, H, W), channels last."""
        n, _, height, width = x.shape
        rows, columns = -(-height // _STEP), -(-width // _STEP)
        out = x.new_empty(n, rows * _STEP, columns * _STEP, len(self.bias))
        for part, place in zip(x.split(_TOGETHER), out.split(_TOGETHER), strict=True):
            self._put(part, place.view(len(part), rows, _STEP, columns, _STEP, -1))
        return out[:, :height, :width].permute(0, 3, 1, 2)

    def _put(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """The convolution of a few pictures, into (n, rows of tiles, 4, columns of tiles, 4, channels out)."""
        n, channels, height, width = x.shape
        _, rows, _, columns, _, _ = out.shape
        margins = (0, 0, 1, columns * _STEP - width + 1, 1, rows * _STEP - height + 1)
        padded = nn.functional.pad(x.permute(0, 2, 3, 1), margins)
        picture, row, column, _ = padded.stride()
        tiles = padded.as_strided(
            (_TILE, _TILE, n, rows, columns, channels), (row, column, picture, _STEP * row, _STEP * column, 1)
        )
        values = (self.tiles @ tiles.reshape(_TILE**2, -1)).view(_TILE**2, -1, channels)
        products = torch.bmm(values, self.values).view(_TILE**2, -1)
        found = (self.pictures @ products).view(_STEP, _STEP, n, rows, columns, -1)
        torch.add(found.permute(2, 3, 0, 4, 1, 5), self.bias, out=out)


def _transforms() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of one axis: filter (3) to values (6), tile (6) to values, products (6) to picture (4).

    Values are at `_POINTS` and infinity; each row is scaled by a power of 2, so that neither side outgrows the other.
    """
    powers = np.vander(_POINTS, _STEP, increasing=True)
    others = [np.delete(_POINTS, k) for k in range(len(_POINTS))]
    filters = np.array([row[:3] / np.prod(p - rest) for p, rest, row in zip(_POINTS, others, powers, strict=True)])
    filters = np.vstack([filters, [0, 0, 1]])
    tiles = np.array([[*np.poly(rest)[::-1], 0] for rest in others] + [np.poly(_POINTS)[::-1]])
    pictures = np.vstack([powers, [0, 0, 0, 1]]).T
    scale = 2.0 ** np.round(np.log2(np.linalg.norm(filters, axis=1) / np.linalg.norm(tiles, axis=1)) / 2)[:, None]
    return filters / scale, tiles * scale, pictures
