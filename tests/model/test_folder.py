"""A model folder holds the same bytes for the same weights, and says in one line what does not fit."""

import pytest
import torch
from torch import nn

from signscale.errors import SignScaleError
from signscale.model.folder import fill, load_config, load_weights, save_model


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


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_torn_weights_and_an_empty_folder_are_refused(tmp_path, kept):
    with pytest.raises(SignScaleError, match="not a model folder"):
        load_config(tmp_path)
    save_model(tmp_path, nn.Linear(3, 2).state_dict(), {})
    path = tmp_path / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(SignScaleError, match=r"model\.safetensors: not whole .* train or pull it again"):
        load_weights(tmp_path)
