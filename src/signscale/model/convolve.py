"""The arithmetic of one graph convolution, forward and backward, with few passes over memory.

Nodes come first, so that the sum over neighbours is one matrix product for all frames. What the backward pass needs is
kept, nothing else. Matrix products run in autocast's type where that is on, the norm in float32.

Shape suffixes: V nodes (79), N frames, C channels in, D channels out; M = V x N.
"""

from typing import Any

import torch
from torch import Tensor

NORM_EPS = 1e-5
"""nn.LayerNorm's."""


def computing_type(x: Tensor) -> torch.dtype:
    """Of matrix products with x: autocast's where that is on, else its own."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


class Convolve(torch.autograd.Function):
    """ReLU(norm(W [x, G x] + b) + R x): G the weighted graph, R a matrix with a bias, or none for x itself."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, graph: Tensor, weight: Tensor, bias: Tensor, scale: Tensor, shift: Tensor,
        residual: Tensor | None, residual_bias: Tensor | None,
    ) -> Tensor:  # fmt: skip
        """x (V, N, C), graph (V, V), weight (D, 2 C), residual (D, C), the rest (D,) -> (V, N, D)."""
        kind, (nodes, frames, width), channels = computing_type(x), x.shape, len(bias)
        with torch.autocast(x.device.type, enabled=False):
            x, graph, weight, bias = (given.to(kind) for given in (x, graph, weight, bias))
            own, around = weight.split(width, dim=1)
            x_MC = x.reshape(-1, width)
            sums_MC = (graph @ x_MC.view(nodes, -1)).view(-1, width)
            hidden_MD = torch.addmm(bias, x_MC, own.T).addmm_(sums_MC, around.T)
            wide = torch.promote_types(kind, torch.float32)
            normed, mean, spread = torch.native_layer_norm(
                hidden_MD.to(wide), (channels,), scale.to(wide), shift.to(wide), NORM_EPS
            )
            # The norm's output is this call's own: it becomes the layer's output in place.
            out = normed.to(kind).add_(x_MC) if residual is None else normed.to(kind)
            if residual is not None:
                out.addmm_(x_MC, residual.to(kind).T).add_(residual_bias.to(kind))
            out.relu_()
        ctx.save_for_backward(x_MC, sums_MC, hidden_MD, mean, spread, out, graph, weight, scale, shift, residual)
        return out.view(nodes, frames, channels)

    @staticmethod
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient of every input of `forward`, in its order."""
        x, sums, hidden, mean, spread, out, graph, weight, scale, shift, residual = ctx.saved_tensors
        (nodes, frames, channels), width, kind, wide = grad_out.shape, x.shape[1], x.dtype, mean.dtype
        own, around = weight.split(width, dim=1)
        with torch.autocast(x.device.type, enabled=False):
            grad = torch.ops.aten.threshold_backward(grad_out.to(kind).reshape(-1, channels), out, 0)
            inner, grad_scale, grad_shift = torch.ops.aten.native_layer_norm_backward(
                grad.to(wide), hidden.to(wide), (channels,), mean, spread, scale.to(wide), shift.to(wide), [True] * 3
            )
            inner = inner.to(kind)
            grad_weight = torch.cat([inner.T @ x, inner.T @ sums], dim=1)
            grad_sums = inner @ around
            grad_graph = grad_sums.view(nodes, -1) @ x.view(nodes, -1).T
            of_residual = (grad.T @ x, grad.sum(0)) if residual is not None else (None, None)
            grad_x = None
            if ctx.needs_input_grad[0]:
                grad_x = grad if residual is None else grad @ residual.to(kind)
                grad_x.addmm_(inner, own).view(nodes, -1).addmm_(graph.T, grad_sums.view(nodes, -1))
                grad_x = grad_x.view(nodes, frames, width)
        return grad_x, grad_graph, grad_weight, inner.sum(0), grad_scale, grad_shift, *of_residual
