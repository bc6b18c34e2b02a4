"""From params.yaml and presets to one validated object."""

from pathlib import Path

import pytest
import yaml

from signscale.errors import SignScaleError
from signscale.params import Params, load_params


@pytest.fixture
def place(root, tmp_path) -> Path:
    """A folder with the repository's params.yaml and presets that follow in the tests."""
    (tmp_path / "params.yaml").write_text((root / "params.yaml").read_text())
    (tmp_path / "workflow" / "presets").mkdir(parents=True)
    return tmp_path


def preset(place: Path, name: str, **content) -> None:
    (place / "workflow" / "presets" / f"{name}.yaml").write_text(yaml.safe_dump(content))


def test_a_preset_over_another_has_what_it_does_not_change(place):
    preset(place, "below", seed=5, pretrain={"epochs": 7, "batch_size": 9})
    preset(place, "above", over="below", pretrain={"epochs": 3})
    params = load_params(place, "above")
    assert (params.preset, params.seed, params.pretrain.epochs, params.pretrain.batch_size) == ("above", 5, 3, 9)
    assert params.text == load_params(place, "below").text


def test_a_preset_lies_over_one_other_and_no_chain(place):
    preset(place, "a", over="b")
    preset(place, "b", over="a")
    with pytest.raises(SignScaleError, match=r"params\.yaml with preset a: over: no such key"):
        load_params(place, "a")


@pytest.mark.parametrize("under", ["gone", "../params", 3])
def test_a_preset_over_none_is_one_line(place, under):
    preset(place, "a", over=under)
    with pytest.raises(SignScaleError, match=r"gone\.yaml: no such file|presets/a\.yaml: over: expected the name"):
        load_params(place, "a")


def test_shots_are_of_classes(root):
    content = load_params(root, "paper").model_dump()
    content["finetune"]["benchmarks"]["phoenix14t_slt"]["shots"] = 5
    with pytest.raises(ValueError, match="shots are clips a class, and slt has no classes"):
        Params.model_validate(content)
