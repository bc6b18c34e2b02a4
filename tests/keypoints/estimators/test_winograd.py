import numpy as np
import pytest
import torch
from torch import nn

from signscale.keypoints.estimators.mmpose.winograd import Winograd, speed_up


def made(pictures: int, size: tuple[int, int], kind: torch.dtype) -> tuple[nn.Conv2d, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Conv2d(96, 101, 3, padding=1).to(kind).requires_grad_(False), torch.randn(pictures, 96, *size, dtype=kind)


@pytest.mark.parametrize(("pictures", "size"), [(1, (8, 12)), (5, (9, 7)), (2, (1, 2))])
def test_it_equals_the_direct_convolution_on_any_size(pictures, size):
    direct, x = made(pictures, size, torch.float64)
    found = Winograd(direct)(x)
    assert found.shape == (pictures, 101, *size)
    np.testing.assert_allclose(found, direct(x), atol=1e-12)


def test_in_float32_it_rounds_a_few_times_a_direct_convolution():
    direct, x = made(4, (24, 18), torch.float32)
    exact = nn.functional.conv2d(x.double(), direct.weight.double(), direct.bias.double(), padding=1)
    errors = [float((found - exact).square().mean().sqrt()) for found in (direct(x), Winograd(direct)(x))]
    assert errors[1] < 6 * errors[0] < 1e-6


def test_a_picture_does_not_depend_on_the_pictures_beside_it():
    direct, x = made(4, (9, 7), torch.float32)
    fast = Winograd(direct)
    assert torch.equal(fast(x)[2], fast(x.flip(0))[1])


def test_only_wide_convolutions_of_3_x_3_at_stride_1_are_replaced():
    kept = [
        nn.Conv2d(48, 96, 3, padding=1), nn.Conv2d(96, 48, 3, padding=1), nn.Conv2d(96, 96, 1),
        nn.Conv2d(96, 96, 3, stride=2, padding=1), nn.Conv2d(96, 96, 3), nn.Conv2d(96, 96, 3, padding=1, groups=2),
        nn.Conv2d(96, 96, 3, padding=2, dilation=2), nn.Conv2d(96, 96, 3, padding=1, bias=False),
    ]  # fmt: skip
    model = nn.Sequential(nn.Sequential(*kept), nn.Sequential(nn.ReLU(), nn.Conv2d(96, 96, 3, padding=1)))
    speed_up(model)
    assert list(model[0]) == kept
    assert isinstance(model[1][1], Winograd)
