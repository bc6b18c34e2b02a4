"""A benchmark on a published subset of the classes: its clips and its coverage are those of the subset alone."""

import numpy as np
from tiny_world import make_params, sample, signing, write_pack

from signscale.data.clips import clips_of
from signscale.evaluate.nearest import nearest
from signscale.evaluate.run import coverage_of
from signscale.formats.files import read_json
from signscale.formats.packed import open_pack
from signscale.formats.sample import write_manifest
from signscale.tasks import load_task

LABELS = {"train": ["0", "99", "100", "0"], "dev": ["7"], "test": ["0", "99", "1999", "100"]}


def rows(corpus: str):
    return [
        sample(f"{corpus}/{split}{place}", split=split, label=label)
        for split, labels in LABELS.items()
        for place, label in enumerate(labels)
    ]


def pack(folder, corpus):
    write_pack(folder, [(row, signing("A", 10, n)) for n, row in enumerate(rows(corpus))])
    return folder


def test_only_clips_of_the_subsets_classes_are_taken(tmp_path):
    corpus = open_pack(pack(tmp_path / "wlasl", "wlasl"))

    def labels(splits, subset):
        return [ref.sample.label for ref in clips_of(corpus, "label", splits, subset)]

    assert labels(["train"], "wlasl100") == ["0", "99", "0"]
    assert labels(["train", "dev"], "wlasl300") == ["0", "99", "100", "0", "7"]
    assert labels(["test"], "wlasl2000") == labels(["test"], "") == ["0", "99", "1999", "100"]


def test_coverage_counts_the_listed_clips_of_the_subset():
    coverage = coverage_of(rows("msasl"), load_task("islr"), 1, "msasl100")
    assert (coverage.present, coverage.expected) == (1, 2)


def test_the_floor_of_a_subset_scores_its_test_clips_and_says_what_chose_the_epoch(root, tmp_path):
    entry = {"corpus": "wlasl", "task": "islr", "subset": "wlasl100", "train_splits": ["train", "dev"]}
    changes = {
        "acquire": {"corpora": ["wlasl"]},
        "pretrain": {"corpora": ["wlasl"]},
        "finetune": {"benchmarks": {"only": True, "wlasl100": entry | {"select_on": "last"}}},
    }
    write_manifest(tmp_path / "wlasl.parquet", rows("wlasl"))
    params = make_params(root, changes)
    nearest(params, "wlasl100", pack(tmp_path / "wlasl", "wlasl"), tmp_path / "wlasl.parquet", tmp_path / "out")
    document = read_json(tmp_path / "out" / "metrics.json")
    assert document["coverage"] == {"present": 2, "expected": 2}
    metric = next(iter(document["metrics"].values()))
    assert "selection:last" in metric["signature"]
    assert np.isfinite(metric["value"])
