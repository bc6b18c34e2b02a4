"""Where fine-tuning starts: the pre-trained weights it takes, and those it refuses."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from signscale.errors import SignScaleError
from signscale.finetune.run import (
    check_start,
    encoder_size,
    finetune,
    load_encoder,
)
from signscale.model.weights import load_weights, save_model
from signscale.provenance.preflight import model_lines
from signscale.tasks.model import TaskModel, load_task_model
from signscale.text.store import TextStore

from .runs import copied, letters, run


def test_the_pretrained_encoder_is_where_training_starts(world, pretrained):
    model, *_ = letters(world)
    load_encoder(model, world.params.pretrain.model, pretrained)
    weights = load_file(pretrained / "model.safetensors")
    for name, tensor in model.encoder.state_dict().items():
        assert torch.equal(tensor, weights[f"encoder.{name}"])


def test_a_foreign_or_missing_checkpoint_is_one_line(world, pretrained, tmp_path):
    model, *_ = letters(world)
    wanted = world.params.pretrain.model
    with pytest.raises(SignScaleError, match=r"^init pretrained needs --pretrained"):
        check_start("pretrained", 1, None)
    with pytest.raises(SignScaleError, match="not a model folder"):
        load_encoder(model, wanted, tmp_path)
    other = wanted.model_copy(update={"part_width": 32})
    with pytest.raises(SignScaleError, match=r"^.*pretrained: pre-trained with another pretrain\.model; run .* again$"):
        load_encoder(model, other, pretrained)
    with pytest.raises(SignScaleError, match="a model of kind 'pretrain'; give the folder of a fine-tuned one"):
        load_task_model(pretrained, TextStore(world.text))


def test_the_sizes_are_those_of_a_model_taken_over_from_scratch_too(world, pretrained):
    taking = world.params.pretrain.model_copy(update={"start": "encoder"})
    other = taking.model_copy(update={"model": taking.model.model_copy(update={"part_width": 32})})
    params = world.params.model_copy(update={"pretrain": other})
    assert encoder_size(params, pretrained) == world.params.pretrain.model
    with pytest.raises(SignScaleError, match=r"pretrain\.from: the sizes are those of that model; name its folder"):
        finetune(params, "letters", "scratch", 1, world.packs[0], world.text, None, world.root / "none")


def test_an_encoder_of_clips_mirrored_otherwise_is_refused_by_the_job_and_before_the_first(world, pretrained, tmp_path):
    taking = world.params.pretrain.model_copy(update={"start": str(pretrained)})
    pack = world.params.pack.model_copy(update={"handedness": "dominant_right"})
    other = replace(world, params=world.params.model_copy(update={"pack": pack, "pretrain": taking}))
    reason = (
        rf"^{pretrained}: pre-trained with pack\.handedness as_filmed, params say dominant_right; set it to as_filmed, "
        "or pre-train again$"
    )
    with pytest.raises(SignScaleError, match=reason):
        run(other, "letters", "pretrained", 1, pretrained, tmp_path / "out")
    with pytest.raises(SignScaleError, match=reason):
        model_lines(other.params)


def test_a_start_that_cannot_be_is_refused_before_anything_is_read(world, tmp_path):
    none = tmp_path / "none"
    for init, seed, reason in [
        ("foo", 1, "init: 'foo' is neither"),
        ("scratch", -1, "seed"),
        ("scratch", 10**25, "seed"),
    ]:
        with pytest.raises(SignScaleError, match=reason):
            finetune(world.params, "letters", init, seed, none, none, None, tmp_path / "out")
    save_model(tmp_path / "tuned", {}, {"kind": "finetune", "model": world.params.pretrain.model.model_dump()})
    with pytest.raises(SignScaleError, match=r"tuned: a model folder of finetune, not of pretrain"):
        finetune(world.params, "letters", "pretrained", 1, none, none, tmp_path / "tuned", tmp_path / "out")


def test_a_checkpoint_of_another_encoder_of_text_is_refused(world, tmp_path):
    folder = run(world, "retrieval", "scratch", 1, None, tmp_path / "m")
    store = TextStore(world.text)
    store.encoder = "another"
    with pytest.raises(SignScaleError, match="trained on sentences of made, these are of another; run text with"):
        load_task_model(folder, store)


@pytest.mark.parametrize("start", ["random", "pretrained"])
def test_retrieval_starts_from_the_projections_of_pretraining_if_asked(world, pretrained, start):
    width = world.params.pretrain.model.shared_width
    recipe = world.params.finetune.retrieval.model_copy(update={"projections": start, "shared_width": width})
    model = TaskModel("retrieval", world.params.pretrain.model, recipe, None, TextStore(world.text))
    before = copied(model.head)
    load_encoder(model, world.params.pretrain.model, pretrained)
    weights = load_weights(pretrained)
    for name, tensor in model.head.state_dict().items():
        projection = name.startswith("project_") and start == "pretrained"
        assert torch.equal(tensor, weights[name] if projection else before[name])


def test_projections_of_another_width_are_one_line(world, pretrained):
    width = world.params.pretrain.model.shared_width + 1
    recipe = world.params.finetune.retrieval.model_copy(update={"projections": "pretrained", "shared_width": width})
    model = TaskModel("retrieval", world.params.pretrain.model, recipe, None, TextStore(world.text))
    with pytest.raises(SignScaleError, match=r"project_sign\.weight is .*, this model needs"):
        load_encoder(model, world.params.pretrain.model, pretrained)
