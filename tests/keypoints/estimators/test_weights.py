"""Checkpoints: checked by sha256, and never unpickled beyond tensors unless their whole sha256 is given."""

import datetime
from pathlib import Path

import pytest
import torch
from torch import nn

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.keypoints.estimators.weights import fill, read_weights
from signscale.params import WeightsParams


def saved(path: Path, content: object, digits: int = 8) -> WeightsParams:
    torch.save(content, path)
    return WeightsParams(source=str(path), sha256=sha256(path)[:digits])


def test_weights_fill_a_model_also_from_several_gpus(tmp_path):
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    tensors = {f"module.{name}": value for name, value in model.state_dict().items()}
    fill(other, saved(tmp_path / "w.pth", {"network": tensors}))
    assert torch.equal(other.weight, model.weight)


def test_what_holds_more_than_tensors_needs_its_whole_sha256(tmp_path):
    content = {"state_dict": nn.Linear(3, 2).state_dict(), "meta": {"time": datetime.timedelta(1)}}
    weights = saved(tmp_path / "w.pth", content)
    with pytest.raises(SignScaleError, match="if you trust it, write its whole sha256 into params: ") as raised:
        read_weights(weights)
    whole = str(raised.value).rsplit(" ", 1)[-1]
    assert set(read_weights(weights.model_copy(update={"sha256": whole}))) == {"weight", "bias"}


def test_bad_weights_are_named_with_the_remedy(tmp_path):
    good = saved(tmp_path / "w.pth", nn.Linear(3, 2).state_dict())
    (tmp_path / "torn.pth").write_bytes((tmp_path / "w.pth").read_bytes()[:200])
    torn = WeightsParams(source=str(tmp_path / "torn.pth"), sha256=sha256(tmp_path / "torn.pth")[:8])
    for weights, line in [
        (good.model_copy(update={"source": "none.pth"}), "none.pth: no such file; put it there"),
        (good.model_copy(update={"sha256": "0" * 64}), "w.pth: its sha256 is .* bring it again"),
        (torn, "torn.pth: not a checkpoint"),
        (saved(tmp_path / "list.pth", [1]), "list.pth: no tensors by name in it"),
    ]:
        with pytest.raises(SignScaleError, match=line):
            read_weights(weights)
    with pytest.raises(SignScaleError, match="lacks 2 of the config's tensors"):
        fill(nn.Sequential(nn.Linear(3, 2)), good)
    with pytest.raises(SignScaleError, match="not of this config"):
        fill(nn.Linear(4, 2), good)
