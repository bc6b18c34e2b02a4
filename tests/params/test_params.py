"""From params.yaml and presets to one validated object."""

import shutil
from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from signscale.errors import SignScaleError
from signscale.params import load_params, validate


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
    with pytest.raises(SignScaleError, match=r"presets/b\.yaml: over: preset a is already laid over this one"):
        load_params(place, "a")


@pytest.mark.parametrize("under", ["gone", "../params", 3])
def test_a_preset_over_none_is_one_line(place, under):
    preset(place, "a", over=under)
    with pytest.raises(SignScaleError, match=r"gone\.yaml: no such file|presets/a\.yaml: over: expected the name"):
        load_params(place, "a")


def test_shots_are_of_classes(root):
    content = load_params(root, "paper").model_dump()
    content["finetune"]["benchmarks"]["phoenix14t_slt"]["shots"] = 5
    with pytest.raises(SignScaleError, match="shots are clips a class, and slt has no classes"):
        validate(content, "test")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"seed: 1\ntext:\n  batch_size: 1\n  dtype: x\n  batch_size: 2\n", "line 5: key batch_size stands in line 3"),
        ("seed: 1\n".encode("utf-16"), "not valid YAML in UTF-8"),
        (b"seed: [1\n", "not valid YAML in UTF-8"),
        (b"seed: \x00\n", "not valid YAML in UTF-8"),
        (b"[" * 5000, "not valid YAML in UTF-8"),
        (b"seed: 1\nkey: 235e8209\n", 'line 2: write "235e8209" in quotes'),
        (b"", "expected keys and values, found NoneType"),
        (b"- a\n", "expected keys and values, found list"),
    ],
)
@pytest.mark.parametrize("name", ["params.yaml", "workflow/presets/a.yaml"])
def test_a_file_that_is_not_clean_yaml_is_one_line(place, name, text, reason):
    preset(place, "a")
    (place / name).write_bytes(text)
    with pytest.raises(SignScaleError) as caught:
        load_params(place, "a")
    assert str(caught.value).startswith(f"{place / name}: ") and reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_a_preset_is_one_line(place):
    (place / "workflow" / "presets" / "a.yaml").mkdir()
    with pytest.raises(SignScaleError, match=r"presets/a\.yaml: a folder, not valid YAML"):
        load_params(place, "a")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seed": 10**25}, "seed: Input should be less than 4294967296"),
        ({"pretrain": {"learning_rate": float("inf")}}, "pretrain.learning_rate: Input should be a finite number"),
        ({"pretrain": {"learning_rate": float("nan")}}, "pretrain.learning_rate: Input should be a finite number"),
        (
            {"pretrain": {"mask": {"clip_length": [8, 2]}}},
            "clip_length: the shortest, 8, is longer than the longest, 2",
        ),
        ({"pretrain": {"corpora": ["wlasl", "wlasl"]}}, "pretrain.corpora: wlasl appears twice; name each once"),
        ({"text": {"encoder": 12345678}}, "text.encoder: YAML reads 12345678 as a number; write the text in quotes"),
        ({"acquire": {"corpora": ["wlasl", "wlasl"]}}, "acquire.corpora: wlasl appears twice; name each once"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(place, change, reason):
    preset(place, "a", **change)
    with pytest.raises(SignScaleError) as caught:
        load_params(place, "a")
    assert reason in str(caught.value)


def test_values_of_the_command_line_lie_over_the_preset(root):
    changes = ["finetune.islr.epochs=5", "finetune.islr.augment.mirror=0.5", "pretrain.corpora=[fingerspelling]"]
    params = load_params(root, "demo", changes)
    assert (params.finetune.islr.epochs, params.finetune.islr.augment.mirror) == (5, 0.5)
    assert params.pretrain.corpora == ["fingerspelling"]
    plain = load_params(root, "demo")
    assert params.finetune.islr.augment.rotate == plain.finetune.islr.augment.rotate == 12.0
    assert params.finetune.slt == plain.finetune.slt
    assert load_params(root, "demo", ["finetune.defaults.step_epochs=7"]).finetune.slt.step_epochs == 7


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("finetune.islr.epochs", "--set finetune.islr.epochs: expected KEY=VALUE"),
        ("=5", "--set =5: expected KEY=VALUE"),
        ("finetune..epochs=5", "--set finetune..epochs=5: expected KEY=VALUE"),
        ("seed=[1", "--set seed=[1: '[1' is not valid YAML; quote it"),
        ("preset=demo", "--set preset=demo: the preset is chosen by --preset"),
        ("finetune.islr.epoch=5", "--set finetune.islr.epoch=5: finetune.islr.epoch: no such key"),
        ("finetune.islr.epochs=many", "finetune.islr.epochs: Input should be a valid integer (found 'many')"),
    ],
)
def test_a_value_of_the_command_line_that_cannot_be_is_one_line(root, change, line):
    with pytest.raises(SignScaleError) as caught:
        load_params(root, "demo", [change])
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_the_defaults_give_every_task_the_recipe_of_the_paper(root):
    """Every value as Table III and the interpretations have it, written out once a task."""
    zero = dict.fromkeys(["rotate", "scale", "shear", "shift", "jitter", "speed", "crop", "mirror"], 0.0)
    shared = {"encoder_rate": 0.1, "dev_every": 1, "max_frames": 1024, "gradient_clipping": 1.0, "augment": zero}
    shared |= {"min_steps": 0}
    rates = {"epochs": 60, "batch_size": 32, "learning_rate": 1e-4, "step_epochs": 20}
    cosine = {"schedule": "cosine", "warmup_share": 0.1}
    step = {"schedule": "step", "warmup_share": 0.0}
    recipes = {
        "islr": {**shared, **rates, **step, "batch_size": 64, "learning_rate": 1e-3, "weight_decay": 1e-4}
        | {"dropout": 0.0, "label_smoothing": 0.2, "frames": 32},
        "cslr": {**shared, **rates, **step, "epochs": 40, "batch_size": 8, "weight_decay": 1e-5, "step_epochs": 15}
        | {"dropout": 0.1, "hidden": 512, "layers": 2, "beam": 10},
        "slt": {**shared, **rates, **cosine, "weight_decay": 1e-4, "dropout": 0.1, "width": 512, "blocks": 3}
        | {"heads": 8, "beam": 4, "vocabulary": 8000, "max_tokens": 128, "label_smoothing": 0.2}
        | {"token_dropout": 0.0},
        "retrieval": {**shared, **rates, **cosine, "weight_decay": 1e-3, "dropout": 0.0, "window": 4}
        | {"shared_width": 512, "attention_temperature": 1.0, "temperature": 0.07, "projections": "random"},
    }
    finetune = load_params(root, "paper").finetune
    assert {task: finetune.recipe(task).model_dump() for task in recipes} == recipes


def test_params_yaml_is_laid_out_as_dvc_writes_it(root, tmp_path):
    """An experiment (`dvc exp run -S`) then changes its own line alone. To lay it out so: apply one."""
    copy = tmp_path / "params.yaml"
    shutil.copyfile(root / "params.yaml", copy)
    apply_overrides(str(copy), ["seed=1"])
    assert copy.read_text(encoding="utf-8") == (root / "params.yaml").read_text(encoding="utf-8")
