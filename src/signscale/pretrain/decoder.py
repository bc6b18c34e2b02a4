"""The pose decoder: sign features back to 79 x 2 coordinates with a two-layer MLP (PAPER: "Pose decoder")."""

from torch import Tensor, nn

from signscale.formats.skeleton import NODES


class PoseDecoder(nn.Module):
    """Two linear layers around a GELU."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, NODES * 2))

    def forward(self, sign_ND: Tensor) -> Tensor:
        """(N, width) features of valid frames -> (N, 79, 2) centred coordinates."""
        return self.layers(sign_ND).unflatten(1, (NODES, 2))


def reconstruction_sums(predicted: Tensor, target: Tensor, touched: Tensor) -> tuple[Tensor, Tensor]:
    """Numerator and weight of the reconstruction loss (PAPER: "Loss PR"), so that ranks can be summed exactly.

    predicted (N, 79, 2), target (N, 79, 3) with confidence last, touched bool (N, 79) -> two scalars: the sum over
    touched points of confidence x squared distance, and the sum of their confidences.
    """
    weight = touched * target[..., 2]
    error = (predicted - target[..., :2]).square().sum(dim=2)
    return (weight * error).sum(), weight.sum()
