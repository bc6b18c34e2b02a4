"""A model folder answers as evaluation does, and a folder or a clip that cannot be used is one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_world import SIZE, signing

import signscale
from signscale.data.augment import mirror
from signscale.data.batches import pad
from signscale.data.clips import clips_of, still_pose
from signscale.errors import SignScaleError
from signscale.formats.packed import open_pack
from signscale.formats.shard import Clip
from signscale.model.preprocessing import preprocessing_of, save_preprocessing
from signscale.model.weights import save_model
from signscale.params import overlay
from signscale.predict.model import SignScale
from signscale.pretrain.model import PretrainingModel
from signscale.tasks.model import load_task_model, predict_clips
from signscale.text.store import TextStore


def evaluated(world, folder, corpus):
    """Test clips and the prediction lines of an evaluation."""
    net, _ = load_task_model(folder, TextStore(world.text))
    refs = clips_of(open_pack(world.root / "pack" / corpus), net.task.needs, ["test"])
    return refs, predict_clips(net, refs, 3)


def test_isolated_signs_are_the_five_likeliest_of_evaluation(world, folder):
    refs, lines = evaluated(world, folder("letters"), "letters")
    model = signscale.SignScale.from_pretrained(str(folder("letters")))
    for ref, line in zip(refs, lines, strict=True):
        answer = model.predict(ref.shard.clip(ref.index))
        assert [one["label"] for one in answer["top"]] == line["ranked"][:5]
        assert [one["probability"] for one in answer["top"]] == pytest.approx(line["probabilities"][:5], rel=1e-4)
        assert (answer["frames"], answer["seen"], answer["task"]) == (ref.frames, [0, ref.frames], "islr")


def test_glosses_are_those_of_evaluation_in_seconds(world, folder):
    refs, lines = evaluated(world, folder("cslr"), "words")
    model = SignScale.from_pretrained(folder("cslr"))
    for ref, line in zip(refs, lines, strict=True):
        answer = model.predict(ref.shard.clip(ref.index))
        assert answer["text"] == line["hypothesis"]
        assert answer["probability"] == pytest.approx(np.exp(line["score"]), rel=1e-3, abs=1e-6)
        for one, theirs in zip(answer["glosses"], line["glosses"], strict=True):
            assert one["seconds"] == [round(frame / 25, 3) for frame in theirs["frames"]]


def test_a_translation_is_that_of_evaluation(world, folder):
    refs, lines = evaluated(world, folder("slt"), "words")
    model = SignScale.from_pretrained(folder("slt"))
    for ref, line in zip(refs, lines, strict=True):
        answer = model.predict(ref.shard.clip(ref.index))
        assert (answer["text"], answer["score"]) == (line["hypothesis"], pytest.approx(line["score"], abs=1e-4))


def test_keypoints_with_their_picture_answer_as_the_clip(folder):
    model, points = SignScale.from_pretrained(folder("letters")), signing("B", 14, 3)
    one, other = model.predict(points, size=SIZE), model.predict(Clip("c", points, SIZE, 25.0))
    assert one["top"] == other["top"]
    np.testing.assert_array_equal(model.features(points, SIZE), model.features(Clip("c", points, SIZE, 25.0)))


def test_of_a_long_clip_the_middle_is_seen_and_said(folder):
    model, points = SignScale.from_pretrained(folder("cslr")), signing("abcd", 1064, 3)
    answer, middle = model.predict(points, SIZE), model.predict(points[20:1044], SIZE)
    assert (answer["frames"], answer["seen"]) == (1064, [20, 1044])
    assert answer["text"] == middle["text"]
    assert all(20 / 25 <= one["seconds"][0] < one["seconds"][1] <= 1044 / 25 for one in answer["glosses"])


def test_a_model_of_mirrored_clips_answers_a_clip_and_its_mirror_image_alike(folder):
    model, points = SignScale.from_pretrained(folder("cslr")), signing("abcd", 40, 3)
    image = mirror(points, SIZE[0])  # a left-handed signer
    assert not np.allclose(model.features(points, SIZE), model.features(image, SIZE))
    filters = model.preprocessing.filters.model_copy(update={"handedness": "dominant_right"})
    model.preprocessing = model.preprocessing.model_copy(update={"filters": filters})
    np.testing.assert_allclose(model.features(points, SIZE), model.features(image, SIZE), atol=1e-5)


@pytest.mark.parametrize("similarity", ["fine", "coarse"])
def test_a_pretrained_folder_gives_the_encoders_features(world, tmp_path, similarity):
    settings = world.params.pretrain
    loss = settings.loss.model_copy(update={"similarity": similarity})
    net = PretrainingModel(settings.model, loss, 6).eval()
    save_model(tmp_path, net.state_dict(), {"kind": "pretrain", "model": settings.model.model_dump()})
    refs = clips_of(open_pack(world.packs[0]), "label", ["train"])
    save_preprocessing(tmp_path, preprocessing_of(refs, world.params, None))
    model = SignScale.from_pretrained(tmp_path)
    clip = refs[0].shard.clip(refs[0].index)
    pose, valid = map(torch.from_numpy, pad([still_pose(clip, 256)]))
    with torch.no_grad():
        expected = net.encoder(pose, valid)[0, int(similarity == "coarse") :]
    np.testing.assert_allclose(model.features(clip), expected, atol=1e-6)
    with pytest.raises(SignScaleError, match="a model of pre-training predicts nothing; take its features"):
        model.predict(clip)


def edited(folder, out, file="config.json", **changes):
    """A copy of a model folder with changes laid over one of its JSON files."""
    shutil.copytree(folder, out)
    content = overlay(json.loads((out / file).read_text()), changes)
    (out / file).write_text(json.dumps(content))
    return out


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"model": {"part_width": 32}},
            r"is \(.*\), this model needs .*; the checkpoint is of another size or interpretation",
        ),
        ({"model": {"interpretation": "prose"}}, "the checkpoint is of another size or interpretation"),
        ({"model": {"blocks": 2}}, "is absent, this model needs .* another size or interpretation"),
        ({"model": {"blocks": "1"}}, "model.blocks: Input should be a valid integer .* was it made by another version"),
        ({"model": {"heads": 3}}, "must divide part_width"),
        ({"recipe": {"frames": None}}, "recipe: frames: "),
        ({"surprise": 1}, "surprise: no such key"),
        ({"format": 9}, "format: Input should be 1"),
        ({"task": "dance"}, "task 'dance' is unknown; there are cslr, islr, retrieval, slt"),
        ({"vocabulary": ["A", "B", "C"]}, r"head.classify.weight is \(4, .*\), this model needs \(3, "),
        ({"vocabulary": ["A", "A", "B", "C"]}, "vocabulary: no entries, or one twice"),
        ({"recipe": {"frames": 7}}, "config.json and preprocessor_config.json disagree"),
        ({"kind": "other"}, "a model of kind 'other'; give the folder of a fine-tuned one"),
    ],
)
def test_a_strange_config_is_one_line(folder, tmp_path, changes, line):
    with pytest.raises(SignScaleError, match=line) as error:
        SignScale.from_pretrained(edited(folder("letters"), tmp_path / "m", **changes))
    assert "\n" not in str(error.value)
    assert str(tmp_path / "m") in str(error.value)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"nodes": [0, 1]}, "nodes is not what this version feeds a model"),
        ({"normalisation": {"hand_box_scale": 2.0}}, "normalisation is not what this version feeds a model"),
        ({"estimators": []}, "estimators: List should have at least 1 item"),
        ({"skeleton": "coco_17"}, "skeleton: Input should be 'coco_wholebody_133'"),
    ],
)
def test_a_strange_preprocessing_is_one_line(folder, tmp_path, changes, line):
    strange = edited(folder("letters"), tmp_path / "m", "preprocessor_config.json", **changes)
    with pytest.raises(SignScaleError, match=rf"preprocessor_config\.json: {line}"):
        SignScale.from_pretrained(strange)


@pytest.mark.parametrize("lost", ["config.json", "preprocessor_config.json", "model.safetensors", "tokenizer.model"])
def test_a_folder_without_one_of_its_files_says_so(folder, tmp_path, lost):
    shutil.copytree(folder("slt"), tmp_path / "m")
    (tmp_path / "m" / lost).unlink()
    with pytest.raises(
        SignScaleError, match=r"(config\.json|model\.safetensors|tokenizer\.model).*; train or"
    ) as error:
        SignScale.from_pretrained(tmp_path / "m")
    assert "\n" not in str(error.value)


def test_a_tokenizer_that_is_none_is_one_line(folder, tmp_path):
    shutil.copytree(folder("slt"), tmp_path / "m")
    (tmp_path / "m" / "tokenizer.model").write_bytes(b"no sentencepiece")
    with pytest.raises(SignScaleError, match="cannot be built"):
        SignScale.from_pretrained(tmp_path / "m")


def test_weights_that_are_no_numbers_never_become_an_answer(folder, tmp_path):
    shutil.copytree(folder("letters"), tmp_path / "m")
    weights = load_file(tmp_path / "m" / "model.safetensors")
    weights["encoder.embedding.non_manual.project.bias"][0] = float("nan")
    save_file(weights, tmp_path / "m" / "model.safetensors")
    with pytest.raises(SignScaleError, match="has values that are NaN or infinite; train or pull it again"):
        SignScale.from_pretrained(tmp_path / "m").predict(signing("A", 12, 0), SIZE)


def overflowing(model: Path, out: Path, name: str) -> Path:
    """A copy of a model folder whose weights of one layer are numbers, their sums over a clip not."""
    shutil.copytree(model, out)
    weights = load_file(out / "model.safetensors")
    weights[name] = weights[name].sign() * 3e38
    save_file(weights, out / "model.safetensors")
    return out


@pytest.mark.parametrize(
    ("benchmark", "name"),
    [("letters", "head.classify.weight"), ("cslr", "head.first.convolve.weight"), ("slt", "head.classify.weight")],
)
def test_probabilities_that_are_no_numbers_never_become_an_answer(folder, tmp_path, benchmark, name):
    model = SignScale.from_pretrained(overflowing(folder(benchmark), tmp_path / "m", name))
    with pytest.raises(SignScaleError, match="probabilities are no numbers: its weights are damaged"):
        model.predict(signing("A", 30, 0), SIZE)


def no_hand(points):
    points[:, 91:, 2] = 0
    return points


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (signing("A", 12, 0)[:, :79], r"keypoints are \(12, 79, 3\), expected \(T, 133, 3\)"),
        (signing("A", 12, 0)[:0], r"keypoints are \(0, 133, 3\)"),
        (signing("A", 12, 0) * np.float32("nan"), "keypoints hold NaN"),
        (signing("A", 3, 0), r"3 frames, fewer than pack\.min_frames \(4\): no answer can be given"),
        (no_hand(signing("A", 12, 0)), r"a hand in 0\.00 of the frames"),
        ("nowhere.mp4", r"nowhere\.mp4: no such file; give a video or a \.pose file"),
        ("nowhere.pose", r"nowhere\.pose: no such file"),
    ],
)
def test_a_clip_that_cannot_be_used_is_one_line(folder, source, line):
    with pytest.raises(SignScaleError, match=line) as error:
        SignScale.from_pretrained(folder("letters")).predict(source, SIZE)
    assert "\n" not in str(error.value)


def test_keypoints_without_their_picture_are_refused(folder):
    with pytest.raises(SignScaleError, match="give size="):
        SignScale.from_pretrained(folder("letters")).predict(signing("A", 12, 0))


def test_a_video_needs_the_estimator_that_the_model_knows(folder, tmp_path):
    """The made clips are of an estimator called `made`, which no machine has."""
    (tmp_path / "clip.mp4").write_bytes(b"")
    with pytest.raises(SignScaleError, match="trained on keypoints of made, which cannot be run here"):
        SignScale.from_pretrained(folder("letters")).predict(tmp_path / "clip.mp4")
