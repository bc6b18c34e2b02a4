"""Pre-training through the workflow's own rule: two ranks on a CPU go the way of one process."""

import json
import shutil

import pytest
from safetensors.torch import load_file
from workplace import Workplace

pytestmark = pytest.mark.scenarios


@pytest.fixture(scope="module")
def models(finished, tmp_path_factory):
    """The model folders that the rule makes with one process and with two ranks, and what it said of each."""
    place = Workplace(tmp_path_factory.mktemp("ranks") / "signscale")
    shutil.copytree(finished.root, place.root, symlinks=True)
    place.edit(
        "workflow/presets/tiny.yaml", "max_frames: 64}", "max_frames: 64, dropout: 0.0}"
    )  # each rank draws its own
    made, folder = {}, place.root / "results" / "tiny" / "pretrain"
    for ranks, gpus in ((1, 0), (2, 2)):
        shutil.rmtree(folder)
        shutil.rmtree(place.root / "scratch" / "pretrain")
        said = place.snakemake(
            "pretrain", "--resources", f"gpu={gpus}", "--set-resources", f"pretrain_model:gpu={gpus}"
        )
        made[ranks] = shutil.copytree(folder, place.root / f"{ranks} ranks"), said
    return made


def test_the_rule_starts_as_many_ranks_as_it_was_given_gpus(models):
    for ranks, (_, said) in models.items():
        assert f" steps from 0, {ranks} process(es)," in said


def test_two_ranks_have_the_loss_curve_of_one(models):
    one, two = (
        [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()] for folder, _ in models.values()
    )
    assert len(one) > 2
    for mine, other in zip(one, two, strict=True):
        for key in ("loss", "reconstruction", "contrast", "r1", "mask_ratio", "gradient_norm", "learning_rate"):
            assert other[key] == pytest.approx(mine[key], rel=1e-5, abs=1e-7), (mine["step"], key)


def test_two_ranks_have_the_weights_of_one(models):
    one, two = (load_file(folder / "model.safetensors") for folder, _ in models.values())
    assert one.keys() == two.keys()
    for name, weight in one.items():
        assert (two[name] - weight).abs().max() < 1e-4, name
