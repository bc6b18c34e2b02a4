"""Fine-tuning: which weights move at which rate, which epoch is kept, what is excluded, and the same bytes again."""

import json

import numpy as np
import pytest
import torch
from tiny_world import make_world, sample, signing, write_pack

from signscale.data.clips import ClipRef
from signscale.errors import SignScaleError
from signscale.finetune import run as room
from signscale.finetune.run import (
    clips_of,
    finetune,
    long_enough,
    train_epochs,
    with_min_steps,
)
from signscale.formats.packed import open_pack
from signscale.model.folder import load_config, load_tokenizer
from signscale.model.weights import load_weights
from signscale.tasks import load_task
from signscale.tasks.heads.translator import train_tokenizer
from signscale.tasks.islr import Islr
from signscale.tasks.model import TaskModel, length_remarks, load_task_model, predict_clips
from signscale.tasks.score import STANDARD
from signscale.tasks.task import Conventions
from signscale.text.store import TextStore

from .runs import CORPUS, copied, letters, run


@pytest.mark.parametrize("benchmark", CORPUS)
def test_equal_seeds_give_equal_bytes(world, pretrained, tmp_path, benchmark):
    one, again, other = (
        run(world, benchmark, "pretrained", seed, pretrained, tmp_path / str(k)) for k, seed in enumerate((1, 1, 2))
    )
    for name in ("README.md", "preprocessor_config.json"):
        assert (one / name).read_bytes() == (again / name).read_bytes()
    for name in ("model.safetensors", "curves.jsonl", "config.json"):
        assert (one / name).read_bytes() == (again / name).read_bytes()
        assert (one / name).read_bytes() != (other / name).read_bytes()
    curve = [json.loads(line) for line in (one / "curves.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in curve] == [0, 1]
    assert all(line.keys() == {"epoch", "train_loss", "dev", "metric"} for line in curve)


@pytest.mark.parametrize("benchmark", CORPUS)
def test_a_saved_model_predicts_what_it_did(world, pretrained, tmp_path, benchmark):
    """On dev, the saved model scores what the curve says of its epoch, whatever the batch size."""
    folder = run(world, benchmark, "scratch", 1, None, tmp_path / "m")
    net, config = load_task_model(folder, TextStore(world.text))
    assert (config.benchmark, config.init, config.seed) == (benchmark, "scratch", 1)
    dev = clips_of(open_pack(world.root / "pack" / CORPUS[benchmark]), net.task.needs, ["dev"])
    curve = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    pick = min if curve[0]["metric"] == "wer" else max
    assert room.dev_measure(net, dev, 3, STANDARD)[1] == pick(line["dev"] for line in curve)


def test_the_head_learns_at_its_rate_and_a_pretrained_encoder_at_a_tenth(world):
    model, recipe, *_ = letters(world, encoder_rate=0.1, learning_rate=1e-3)
    rates = {init: room._optimizer(model, recipe, init).param_groups for init in ("pretrained", "scratch")}
    for init, encoder_rate in (("pretrained", 1e-4), ("scratch", 1e-3)):
        head, encoder = rates[init]
        assert (head["lr"], encoder["lr"]) == (pytest.approx(1e-3), pytest.approx(encoder_rate))
        assert [id(p) for p in head["params"]] == [id(p) for p in model.head.parameters()]
        assert [id(p) for p in encoder["params"]] == [id(p) for p in model.encoder.parameters()]


def test_a_rate_of_zero_freezes_the_encoder(world):
    model, recipe, train, dev = letters(world, encoder_rate=0.0, weight_decay=0.1)
    encoder, head = copied(model.encoder), copied(model.head)
    train_epochs(model, recipe, train, dev, "pretrained", 1)
    for name, tensor in model.encoder.state_dict().items():
        assert torch.equal(tensor, encoder[name]), name
    assert not torch.equal(model.head.classify.weight, head["classify.weight"])


def test_a_frozen_encoder_has_no_dropout_and_a_moving_one_has(world):
    """Features of one clip, twice in training: equal bits if the encoder is frozen."""
    for rate, same in ((0.0, True), (1.0, False)):
        model, recipe, train, _ = letters(world, encoder_rate=rate)
        room._optimizer(model, recipe, "pretrained")
        model.train()
        one, again = (model.features([model.clip(train[0], 1, 0)])[0] for _ in range(2))
        assert torch.equal(one, again) == same
        assert model.head.training


def test_dev_is_measured_as_the_test_is_scored(world, monkeypatch):
    """A benchmark's clean-up changes the WER that chooses the epoch."""
    predicted = [{"sample_id": "s", "language": "gsg", "reference": "loc-NORD", "hypothesis": "NORD"}]
    monkeypatch.setattr(room, "predict_clips", lambda *_: predicted)
    model, *_ = letters(world)
    model.task = load_task("cslr")
    for cleanup, wer in (("none", 100), ("phoenix14", 0)):
        assert room.dev_measure(model, [], 1, Conventions(cleanup=cleanup)) == ("wer", wer, -wer)


def test_fine_tuning_measures_dev_by_its_benchmarks_conventions(world, tmp_path, monkeypatch):
    benchmarks = dict(world.params.finetune.benchmarks)
    benchmarks["cslr"] = benchmarks["cslr"].model_copy(update={"cleanup": "phoenix14t"})
    finetuning = world.params.finetune.model_copy(update={"benchmarks": benchmarks})
    used, measured = [], room.dev_measure
    monkeypatch.setattr(room, "dev_measure", lambda *a: used.append(a[3]) or measured(*a))
    params = world.params.model_copy(update={"finetune": finetuning})
    finetune(params, "cslr", "scratch", 1, world.packs[1], world.text, None, tmp_path)
    assert [(one.cleanup, one.scorer) for one in used] == [("phoenix14t", "python")] * 2


def test_a_missing_sclite_is_said_before_training(world, tmp_path, monkeypatch):
    benchmarks = dict(world.params.finetune.benchmarks)
    benchmarks["cslr"] = benchmarks["cslr"].model_copy(update={"scorer": "sclite"})
    finetuning = world.params.finetune.model_copy(update={"benchmarks": benchmarks})
    monkeypatch.setattr("signscale.tasks.metrics.wer.shutil.which", lambda _: None)
    monkeypatch.setattr("signscale.tasks.metrics.wer.DEBIAN_SCLITE", tmp_path / "none")
    monkeypatch.setattr(room, "train_epochs", lambda *_: pytest.fail("it trained"))
    with pytest.raises(SignScaleError, match="sclite: program not found"):
        params = world.params.model_copy(update={"finetune": finetuning})
        finetune(params, "cslr", "scratch", 1, world.packs[1], world.text, None, tmp_path / "out")


def test_a_label_of_dev_that_training_never_had_is_told_and_missed(world, tmp_path, capsys):
    rows = [(sample(f"letters/{k}", label=label), signing("a", 12, k)) for k, label in enumerate("ABAB")]
    rows.append((sample("letters/9", split="dev", label="Z"), signing("a", 12, 9)))
    write_pack(tmp_path / "pack", rows)
    finetune(world.params, "letters", "scratch", 1, tmp_path / "pack", world.text, None, tmp_path / "out")
    assert "letters: 1 labels of dev are outside the vocabulary (Z, ...)" in capsys.readouterr().err
    curve = [json.loads(line) for line in (tmp_path / "out" / "curves.jsonl").read_text().splitlines()]
    assert [line["dev"] for line in curve] == [0, 0]


def test_long_clips_and_short_ones_are_told(world, tmp_path):
    rows = [(sample(f"w/{n}", text="This word is dab ."), signing("dab", n, 0)) for n in (3, 20, 300, 400)]
    write_pack(tmp_path, rows)
    clips = clips_of(open_pack(tmp_path), "text", ["train"])
    recipe = world.params.finetune.retrieval
    model = TaskModel("retrieval", world.params.pretrain.model, recipe, None, TextStore(world.text))
    long, short = length_remarks(model, clips)
    assert long == "2 clips are longer than 256 frames (w/300, ...): only their middle is seen"
    assert short.startswith("1 clips are shorter than the window of 4 frames (w/3, ...)")
    assert length_remarks(model, clips[1:2]) == []
    lines = predict_clips(model, clips, 2)
    assert all(np.isfinite([top["score"] for top in line["top"]]).all() for line in lines)


@pytest.mark.parametrize(
    ("metric", "curve", "best"),
    [("per_instance_top1", [10, 30, 20], 1), ("wer", [50, 20, 30], 1), ("bleu4", [0, 0, 0], 2), ("wer", [9, 40, 9], 2)],
)
def test_the_weights_kept_are_of_the_epoch_best_on_dev(world, monkeypatch, metric, curve, best):
    model, recipe, train, dev = letters(world, epochs=3)
    weights = []

    def measured(net, clips, _batch, _conventions):
        assert clips is dev
        weights.append(copied(net))
        value = curve[len(weights) - 1]
        return metric, value, -value if metric == "wer" else value

    monkeypatch.setattr(room, "dev_measure", measured)
    lines, kept = train_epochs(model, recipe, train, dev, "scratch", 1)
    assert [line["dev"] for line in lines] == curve
    for epoch in range(3):
        same = all(torch.equal(kept[name], tensor) for name, tensor in weights[epoch].items())
        assert same == (epoch == best)


def test_dev_is_measured_every_few_epochs_and_at_the_end(world, monkeypatch):
    model, recipe, train, dev = letters(world, epochs=5, dev_every=2)
    monkeypatch.setattr(room, "dev_measure", lambda *_: ("per_instance_top1", 50.0, 50.0))
    lines, _ = train_epochs(model, recipe, train, dev, "scratch", 1)
    assert [line["epoch"] for line in lines if "dev" in line] == [1, 3, 4]
    assert all("train_loss" in line for line in lines)


def test_without_dev_clips_the_last_epoch_is_kept(world):
    model, recipe, train, _ = letters(world)
    lines, kept = train_epochs(model, recipe, train, [], "scratch", 1)
    assert [sorted(line) for line in lines] == [["epoch", "train_loss"]] * 2
    assert all(torch.equal(kept[name], tensor) for name, tensor in model.state_dict().items())


def test_a_loss_that_is_no_number_names_its_clips(world, monkeypatch):
    model, recipe, train, dev = letters(world)
    monkeypatch.setattr(model.head, "loss", lambda features, *_: features.sum() * float("nan"))
    with pytest.raises(SignScaleError, match=r"finetune: loss is nan in epoch 0 at letters/"):
        train_epochs(model, recipe, train, dev, "scratch", 1)


def test_clips_too_short_for_their_glosses_are_excluded_and_counted(world, capsys, tmp_path):
    rows = [(sample("w/0", gloss="a b"), 8), (sample("w/1", gloss="a a"), 8), (sample("w/2", gloss="a a"), 12)]
    write_pack(tmp_path, [(row, signing("ab", frames, 0)) for row, frames in rows])
    clips = clips_of(open_pack(tmp_path), "gloss", ["train"])
    recipe = world.params.finetune.cslr

    def kept(speed, task="cslr", longest=256):
        augment = recipe.augment.model_copy(update={"speed": speed})
        changed = recipe.model_copy(update={"augment": augment, "max_frames": longest})
        found = long_enough(clips, load_task(task), changed)
        return [ref.sample.sample_id[-1] for ref in found]

    assert kept(0.0) == ["0", "2"]
    assert "finetune: 1 clips too short for their target excluded (w/1, ...)" in capsys.readouterr().err
    assert kept(0.25) == ["0", "2"]
    assert kept(0.5) == []
    assert kept(0.4, longest=8) == ["0"]
    assert kept(0.9, task="islr") == ["0", "1", "2"]


def test_every_epoch_sees_every_clip_once(world, monkeypatch):
    model, recipe, train, dev = letters(world, batch_size=5)
    seen = []
    plain = model.head.loss
    monkeypatch.setattr(model.head, "loss", lambda f, v, s: seen.extend(row.sample_id for row in s) or plain(f, v, s))
    train_epochs(model, recipe, train, dev, "scratch", 1)
    assert len(seen) == 2 * len(train)
    assert sorted(seen[: len(train)]) == sorted(ref.sample.sample_id for ref in train)
    assert seen[: len(train)] != seen[len(train) :]


@pytest.mark.parametrize("benchmark", ["letters", "nonsense"])
def test_a_benchmark_without_clips_or_unknown_is_named(world, pretrained, tmp_path, benchmark):
    write_pack(tmp_path / "pack", [(sample("letters/0", label="A"), signing("A", 9, 0))])
    message = "has no dev clip with a target for islr" if benchmark == "letters" else "is not in finetune.benchmarks"
    with pytest.raises(SignScaleError, match=message):
        finetune(world.params, benchmark, "scratch", 1, tmp_path / "pack", world.text, None, tmp_path / "out")
    assert not any((tmp_path / "out").glob("*"))


def test_predictions_come_in_the_order_of_the_clips_and_do_not_depend_on_their_batch(world):
    model, _, train, dev = letters(world)
    refs: list[ClipRef] = [*train, *dev]
    one, other = (predict_clips(model, refs, size) for size in (1, 7))
    assert [line["sample_id"] for line in one] == [ref.sample.sample_id for ref in refs]
    for a, b in zip(one, other, strict=True):
        assert a["ranked"] == b["ranked"]
        np.testing.assert_allclose(a["probabilities"], b["probabilities"], atol=1e-5)


def test_a_few_shot_run_trains_on_so_many_clips_a_class_and_says_so(root, tmp_path, monkeypatch):
    few = {"corpus": "letters", "task": "islr", "train_splits": ["train"], "shots": 2}
    world = make_world(tmp_path / "w", root, {"finetune": {"benchmarks": {"letters": few}}})
    seen = []
    monkeypatch.setattr(Islr, "learn_vocabulary", lambda task, samples, recipe: seen.extend(samples) or list("ABCD"))
    folder = run(world, "letters", "scratch", 1, None, tmp_path / "m")
    assert sorted(s.label for s in seen) == list("AABBCCDD")
    assert load_config(folder)["shots"] == 2
    assert "2 labelled a class of letters" in (folder / "README.md").read_text()


def test_a_config_makes_its_folder_stand_alone(world, tmp_path):
    folder = run(world, "slt", "scratch", 1, None, tmp_path / "m")
    words = clips_of(open_pack(world.packs[1]), "text", ["train"])
    config = load_config(folder)
    size = {"max_frames": world.params.finetune.slt.max_frames}
    assert config["model"] == world.params.pretrain.model.model_dump() | size
    assert config["recipe"] == world.params.finetune.slt.model_dump()
    assert config["text"] == TextStore(world.text).description()
    assert config["vocabulary"] is None
    assert load_tokenizer(folder) == train_tokenizer([r.sample for r in words], world.params.finetune.slt)
    net, _ = load_task_model(folder, TextStore(world.text))
    assert copied(net).keys() == load_weights(folder).keys()


def test_gradients_are_clipped_at_the_norm_of_the_recipe_and_not_at_all_with_0(world, monkeypatch):
    norms = []
    plain = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda p, norm: norms.append(norm) or plain(p, norm))
    for largest in (1.0, 0.25, 0.0):
        model, recipe, train, dev = letters(world, epochs=1, gradient_clipping=largest)
        train_epochs(model, recipe, train, dev, "scratch", 1)
    steps = len(norms) // 2
    assert steps > 0
    assert norms == [1.0] * steps + [0.25] * steps


@pytest.mark.parametrize(("clips", "epochs"), [(26, 150), (32, 300), (33, 150), (3200, 3)])
def test_few_clips_get_epochs_until_there_are_the_least_steps(world, clips, epochs):
    recipe = world.params.finetune.islr.model_copy(update={"epochs": 3, "batch_size": 32, "min_steps": 300})
    batch = recipe.model_copy(update={"batch_size": 16}) if clips == 26 else recipe
    assert with_min_steps(batch, clips).epochs == epochs
    assert with_min_steps(recipe.model_copy(update={"min_steps": 0}), clips).epochs == 3
