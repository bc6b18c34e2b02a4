"""The splits of pre-training and the classes of a subset."""

from dataclasses import replace

import pytest

from signscale.corpora.parts import in_subset, is_first_view, pretrain_splits, with_other_views
from signscale.formats.sample import Sample
from signscale.params import load_params, overlay, validate

SIGN = Sample("msasl/1", "msasl", "test", "ase", "", "x", 0.0, -1.0, 25.0, "book", "t", "99", "mmpose")


def test_the_paper_trains_on_dev_clips_of_wlasl_and_msasl_alone(root):
    params = load_params(root, "paper")
    splits = {corpus: pretrain_splits(params.pretrain, corpus) for corpus in params.pretrain.corpora}
    assert {corpus for corpus, taken in splits.items() if taken == ["train", "dev"]} == {"wlasl", "msasl"}
    assert all(taken in (["train"], ["train", "dev"]) for taken in splits.values())


def test_a_list_of_splits_holds_for_every_corpus(root):
    demo = load_params(root, "demo").pretrain
    assert pretrain_splits(demo, "wlasl") == pretrain_splits(demo, "fingerspelling") == ["train"]


def test_a_subset_holds_its_classes_only():
    assert in_subset(SIGN, "msasl100")
    assert not in_subset(replace(SIGN, label="100"), "msasl100")
    assert not in_subset(replace(SIGN, label=""), "msasl100")


@pytest.mark.parametrize("splits", [["test"], ["train", "test"], [], "all"])
def test_the_test_split_is_never_trained_on(root, splits):
    plain = load_params(root, "paper").model_dump()
    with pytest.raises(Exception, match=r"pretrain\.splits"):
        validate(overlay(plain, {"pretrain": {"splits": splits}}), "params")


def test_dev_cannot_choose_the_epoch_of_a_run_that_trains_on_it(root):
    plain = load_params(root, "paper").model_dump()
    wrong = {"finetune": {"benchmarks": {"wlasl100": {"select_on": "dev"}}}}
    with pytest.raises(Exception, match="wlasl100: train_splits has dev, so dev cannot choose the epoch"):
        validate(overlay(plain, wrong), "params")


def test_the_papers_twelve_benchmarks_are_entries_of_params(root):
    benchmarks = load_params(root, "paper").finetune.benchmarks.values()
    pairs = {(benchmark.corpus, benchmark.task) for benchmark in benchmarks}
    assert len(pairs) == 12
    assert sorted(b.subset for b in benchmarks if b.subset) == [
        "msasl100", "msasl1000", "msasl200", "wlasl100", "wlasl2000", "wlasl300",
    ]  # fmt: skip


def test_a_clip_of_two_views_is_two_samples_in_pretraining_and_one_elsewhere():
    clips = [replace(SIGN, sample_id=f"msasl/{split}", split=split) for split in ("train", "dev", "test")]
    clips.append(replace(SIGN, sample_id="how2sign/1", corpus="how2sign", split="train"))
    rows = list(with_other_views(clips))
    assert [row.sample_id for row in rows] == [
        "msasl/train", "msasl/train@interwild", "msasl/dev", "msasl/dev@interwild", "msasl/test", "how2sign/1",
    ]  # fmt: skip
    assert rows[1] == replace(rows[0], sample_id="msasl/train@interwild", view="interwild")
    assert [row for row in rows if is_first_view(row)] == clips
