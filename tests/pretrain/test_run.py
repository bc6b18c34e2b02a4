"""Pre-training: equal runs give equal bytes; ZeRO stages, ranks and precision agree; both losses fall."""

import json
import math
import socket
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_world import WORDS, World, sample, signing, write_pack

from signscale.errors import SignScaleError
from signscale.formats.quality import Quality, write_quality
from signscale.formats.sample import Sample
from signscale.pretrain.clips import training_clips
from signscale.pretrain.engine import deepspeed_config
from signscale.pretrain.run import quality_of

WORKER = Path(__file__).with_name("many_runs.py")
STILL = {"model": {"dropout": 0.0}}  # dropout is drawn by each rank for itself
AT_ONCE = STILL | {"batch_size": 64, "epochs": 1, "deepspeed": {"gradient_clipping": 0.0}}
ONE_RANK = {
    "plain": STILL,
    "again": STILL,
    "another_seed": STILL,
    "uneven": STILL | {"data_share": 0.9, "epochs": 1},
    "bf16": STILL | {"deepspeed": {"zero_stage": 1, "precision": "bf16"}},
    "coarse": {"loss": {"similarity": "coarse"}},
    "poses_only": {"loss": {"contrast": False}, "model": {"branches": "manual", "interpretation": "prose"}},
    "texts_only": {"loss": {"reconstruction": False}, "model": {"embedding": "linear", "branches": "non_manual"}},
    "no_mask": {"mask": {"ratio": 0.0}, "data_share": 0.5, "epochs": 1, "splits": ["train", "dev"]},
    "whole": AT_ONCE,
    "quarters": AT_ONCE | {"micro_batch": 16},
    "micro": STILL | {"micro_batch": 2},
    "micro_coarse": {"loss": {"similarity": "coarse"}, "micro_batch": 4},
    "nan": STILL | {"splits": ["train", "dev"], "skip": {"stop_after": 10}},
    "diverging": {
        "learning_rate": 1e25,
        "deepspeed": {"gradient_clipping": 0.0},
        "checkpoint_every": 1,
        "skip": {"stop_after": 1},
    },
    "long": STILL | {"epochs": 20, "learning_rate": 0.01, "checkpoint_every": 1000},
}
TWO_RANKS = {f"zero{stage}": STILL | {"deepspeed": {"zero_stage": stage}} for stage in range(4)}
TWO_RANKS["micro_zero3"] = TWO_RANKS["zero3"] | {"micro_batch": 2}
TWO_RANKS["nan_zero3"] = ONE_RANK["nan"] | TWO_RANKS["micro_zero3"]
TWO_RANKS["halves"] = AT_ONCE
TWO_RANKS |= {"two_uneven": ONE_RANK["uneven"], "two_bf16": ONE_RANK["bf16"]}


@pytest.fixture(scope="module")
def runs(tiny, start) -> dict[str, World]:
    """All of the above, run."""
    worlds = {
        name: tiny({"pretrain": changes, "seed": 2 if name == "another_seed" else 1})
        for name, changes in (ONE_RANK | TWO_RANKS).items()
    }
    for name in ("nan", "nan_zero3"):
        with h5py.File(worlds[name].text, "r+") as store:
            row = list(store["texts"].asstr()).index("This word is dab .")
            store["features"][int(store["offsets"][row])] = np.nan
    for name in ("whole", "halves", "quarters"):  # 16 letters and 48 words
        write_pack(worlds[name].packs[1], [(word(k), signing(WORDS[k % 8], 20 + k % 9, k)) for k in range(48)])
    one, two = ([worlds[name].root for name in names] for names in (ONE_RANK, TWO_RANKS))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port]
    started = [(start(one[0], WORKER, *one), one[0]), (start(two[0], *launch, WORKER, *two), two[0])]
    for process, folder in started:
        assert process.wait(timeout=500) == 0, (folder / "output.txt").read_text()[-3000:]
    return worlds


def word(number: int) -> Sample:
    text = f"This word is {WORDS[number % 8]} ."
    return sample(f"words/{number:02d}", gloss=" ".join(WORDS[number % 8]), text=text)


def log(world: World) -> list[dict]:
    return [json.loads(line) for line in (world.root / "out" / "log.jsonl").read_text().splitlines()]


def measures(world: World) -> dict:
    return json.loads((world.root / "out" / "metrics.json").read_text())


def test_equal_runs_give_equal_bytes_and_another_seed_does_not(runs):
    for name in ("model.safetensors", "log.jsonl", "metrics.json", "config.json"):
        plain, again, other = (
            (runs[run].root / "out" / name).read_bytes() for run in ("plain", "again", "another_seed")
        )
        assert plain == again
        assert (plain == other) == (name == "config.json")


def test_a_line_of_log_a_step_with_every_sample_once_an_epoch(runs):
    lines = log(runs["plain"])
    assert [line["samples"] for line in lines] == [8] * 6
    assert [(line["step"], line["epoch"]) for line in lines] == [(k, k // 3) for k in range(6)]
    for line in lines:
        assert line["loss"] == pytest.approx(line["reconstruction"] + line["contrast"], rel=1e-5)
        assert 0.4 < line["mask_ratio"] < 0.8
        assert 8 * 6 < line["frames"] < 8 * 42
        assert line["gradient_norm"] > 0
    # One step of warm-up (a tenth of six), then down to zero; the rate logged is the one the step used.
    rates = [line["learning_rate"] for line in lines]
    assert rates == pytest.approx([1e-3, 1e-3, 0.8e-3, 0.6e-3, 0.4e-3, 0.2e-3])


@pytest.mark.parametrize("name", ["zero0", "zero1", "zero2", "zero3", "micro", "micro_zero3"])
def test_ranks_of_any_zero_stage_and_micro_batches_go_the_way_of_one_batch(runs, name):
    for one, two in zip(log(runs["plain"]), log(runs[name]), strict=True):
        assert one.keys() == two.keys()
        for key in one.keys() - {"wasted"}:
            value = one[key]
            assert two[key] == pytest.approx(value, rel=1e-4, abs=1e-6), key
    weights = [load_file(runs[run].root / "out" / "model.safetensors") for run in ("plain", name)]
    assert weights[0].keys() == weights[1].keys()
    for key, value in weights[0].items():
        assert value.shape == weights[1][key].shape
        assert (value - weights[1][key]).abs().max() < 2e-3, key
    held_out = [measures(runs[run])["held_out"] for run in ("plain", name)]
    assert held_out[1] == pytest.approx(held_out[0], rel=1e-3)


@pytest.mark.parametrize("name", ["halves", "quarters"])
def test_one_rank_of_64_two_of_32_and_four_parts_of_16_have_one_loss_and_one_gradient(runs, name):
    (one,), (other,) = log(runs["whole"]), log(runs[name])
    assert one["samples"] == other["samples"] == 64
    for key in ("loss", "reconstruction", "contrast", "gradient_norm"):
        assert other[key] == pytest.approx(one[key], rel=1e-5), key
    whole, parts = (load_file(runs[run].root / "gradients.safetensors") for run in ("whole", name))
    assert whole.keys() == parts.keys()
    for key, gradient in whole.items():
        torch.testing.assert_close(parts[key], gradient, rtol=1e-5, atol=1e-5, msg=key)
    assert max(gradient.abs().max() for gradient in whole.values()) > 0.1


def test_ranks_of_unequal_shares_go_the_way_of_one(runs):
    sizes = [line["samples"] for line in log(runs["uneven"])]
    assert sum(sizes) == measures(runs["uneven"])["samples"]
    assert any(size % 2 for size in sizes)
    for one, two in zip(log(runs["uneven"]), log(runs["two_uneven"]), strict=True):
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-4)


@pytest.mark.parametrize("name", ["bf16", "two_bf16"])
def test_bf16_stays_near_fp32_and_leaves_whole_weights(runs, name):
    for full, half in zip(log(runs["plain"]), log(runs[name]), strict=True):
        assert half["loss"] == pytest.approx(full["loss"], rel=0.05)
    weights = load_file(runs[name].root / "out" / "model.safetensors")
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.float32"}


def test_ablations_run_and_log_what_they_learn(runs):
    assert "contrast" not in log(runs["poses_only"])[0]
    assert "reconstruction" not in log(runs["texts_only"])[0]
    assert any(name.endswith("summary") for name in load_file(runs["coarse"].root / "out" / "model.safetensors"))
    assert {line["mask_ratio"] for line in log(runs["no_mask"])} == {0.0}
    for name in ("coarse", "poses_only", "texts_only", "no_mask"):
        assert all(math.isfinite(line["loss"]) for line in log(runs[name]))


def test_dev_clips_are_measured_only_if_held_out(runs):
    assert measures(runs["plain"])["held_out"]["clips"] == 3 + 8
    assert measures(runs["no_mask"])["held_out"] == {}


def test_both_losses_fall(runs):
    lines = log(runs["long"])
    for name in ("reconstruction", "contrast"):
        early, late = (sum(line[name] for line in part) for part in (lines[:6], lines[-6:]))
        assert late < 0.8 * early


@pytest.mark.parametrize("name", ["nan", "nan_zero3"])
def test_a_nan_in_the_data_costs_its_batches_and_nothing_else(runs, name):
    lines = log(runs[name])
    steps = [line["step"] for line in lines if line["skipped"]]
    assert 0 < len(steps) < len(lines)
    assert all((line["loss"] is None) == line["skipped"] for line in lines)
    written = (runs[name].root / "out" / "skipped.jsonl").read_text().splitlines()
    assert [line["step"] for line in map(json.loads, written)] == steps
    for line in map(json.loads, written):
        assert line["reason"] == "the loss is no number"
        assert {"words/03", "words/11"} & set(line["samples"])  # those who say "dab"
        assert len(line["samples"]) == lines[line["step"]]["samples"]
    rates = [line["learning_rate"] for line in lines]
    assert rates[0] == rates[1] > rates[2] > rates[-1]  # warm-up and decay go on
    assert all(value.isfinite().all() for value in load_file(runs[name].root / "out" / "model.safetensors").values())


def test_a_run_that_diverges_stops_with_its_clips_named_and_is_not_saved(runs):
    root = runs["diverging"].root
    message = (root / "error0.txt").read_text()
    assert message.startswith("pretrain: loss ")
    assert "letters/" in message or "words/" in message
    assert "lower pretrain.learning_rate" in message
    assert not (root / "out").exists()
    last = json.loads((root / "scratch" / "log.jsonl").read_text().splitlines()[-1])
    assert (root / "scratch" / "newest").read_text().strip() == f"step-{last['step']:08d}"


def test_a_batch_that_does_not_divide_is_named(world):
    with pytest.raises(SignScaleError, match=r"pretrain\.batch_size: 8 does not divide over 3 processes"):
        deepspeed_config(world.params.pretrain, 3)


def test_graph_weights_stay_whole_on_every_rank_however_wide(world):
    model = world.params.pretrain.model.model_copy(update={"graph_channels": [512, 512]})
    config = deepspeed_config(world.params.pretrain.model_copy(update={"model": model}), 1)
    assert config["zero_optimization"]["stage3_param_persistence_threshold"] == 512 * 2 * 512


def test_packs_without_a_training_clip_are_named(world):
    settings = world.params.pretrain.model_copy(update={"data_share": 1e-9})
    with pytest.raises(SignScaleError, match=r"no sample of splits \['train'\] in .*letters"):
        training_clips(world.packs, settings, 1)


def test_the_model_says_what_its_clips_were_like(tmp_path):
    rows = [Quality("a", 10, 1.0, 0.2, 0.8, 0.9, 0, 0), Quality("b", 30, 1.0, 0.4, 0.4, 0.5, 0, 0)]
    write_quality(tmp_path / "letters" / "quality.csv", rows)
    (tmp_path / "words").mkdir()  # packed by hand, without a table
    assert quality_of([tmp_path / "letters", tmp_path / "words"]) == {
        "letters": {"clips": 2, "frames": 20.0, "hand": 0.5, "second_hand": 0.35, "confidence": 0.6}
    }
