"""A model folder holds the same bytes for the same weights, and says in one line what does not fit."""

import pytest
import torch
from torch import nn

from signscale.errors import SignScaleError
from signscale.model.encoder import PoseEncoder
from signscale.model.folder import load_config
from signscale.model.weights import WithoutValues, fill, load_weights, save_model
from signscale.params import load_params


def test_weights_come_back_and_equal_weights_give_equal_bytes(tmp_path):
    net = nn.Linear(3, 2)
    weights = net.state_dict()
    save_model(tmp_path / "a", dict(weights), {"kind": "x"})
    save_model(tmp_path / "b", dict(reversed(weights.items())), {"kind": "x"})
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    other = nn.Linear(3, 2)
    fill(other, load_weights(tmp_path / "a"), "", tmp_path / "a")
    torch.testing.assert_close(other.weight, net.weight, rtol=0, atol=0)
    assert load_config(tmp_path / "a") == {"kind": "x"}


@pytest.mark.parametrize(("wrong", "found"), [(nn.Linear(4, 2), r"\(2, 4\)"), (nn.Identity(), "absent")])
def test_a_checkpoint_of_another_size_is_one_line(tmp_path, wrong, found):
    save_model(tmp_path, wrong.state_dict(), {})
    with pytest.raises(SignScaleError) as error:
        fill(nn.Linear(3, 2), load_weights(tmp_path), "", tmp_path)
    assert "\n" not in str(error.value)
    error.match(rf"weight is {found}, this model needs \(2, 3\); .* use the params it was trained with")


def test_only_the_part_under_the_prefix_is_taken(tmp_path):
    save_model(tmp_path, {"encoder.weight": torch.ones(2, 3), "encoder.bias": torch.ones(2), "head": torch.ones(1)}, {})
    net = nn.Linear(3, 2)
    fill(net, load_weights(tmp_path), "encoder.", tmp_path)
    assert (net.weight == 1).all()


def test_a_model_made_without_values_takes_the_files_for_its_own_and_knows_all_else(root, tmp_path):
    """Of each kind of layer that there is; the position code is no weight and stands in no file."""

    def made() -> nn.Module:
        parts = (PoseEncoder(load_params(root, "demo").pretrain.model), nn.LSTM(4, 3, bidirectional=True))
        return nn.ModuleList([*parts, nn.Conv1d(4, 3, 2), nn.BatchNorm1d(3), nn.Embedding(5, 4)]).eval()

    net = made()
    save_model(tmp_path, net.state_dict(), {})
    with WithoutValues():
        other = made()
    fill(other, load_weights(tmp_path), "", tmp_path, assign=True)
    for ours, theirs in zip(other.state_dict().values(), net.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)
    for (name, ours), theirs in zip(other.named_buffers(), net.buffers(), strict=True):
        assert torch.equal(ours, theirs), name
    steps = torch.randn(6, 2, 4)
    assert torch.equal(other[1](steps)[0], net[1](steps)[0])
    assert all(weight.requires_grad for weight in other.parameters())


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_torn_weights_and_an_empty_folder_are_refused(tmp_path, kept):
    with pytest.raises(SignScaleError, match="not a model folder"):
        load_config(tmp_path)
    save_model(tmp_path, nn.Linear(3, 2).state_dict(), {})
    path = tmp_path / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(SignScaleError, match=r"not a whole file of weights .* train or pull it again"):
        load_weights(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused_by_name(tmp_path, value):
    weights = {"head.bias": torch.tensor([0.0, value]), "head.weight": torch.ones(2, 2)}
    save_model(tmp_path, weights, {"kind": "pretrain"})
    with pytest.raises(SignScaleError, match=r"model\.safetensors: head\.bias has values that are NaN or infinite"):
        load_weights(tmp_path)
