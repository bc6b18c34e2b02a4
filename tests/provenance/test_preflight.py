"""What is known of the ablations, the audit and a model taken over before the first job."""

import random

import pytest

from signscale.corpora.parts import in_subset
from signscale.errors import SignScaleError
from signscale.formats.sample import Sample, write_manifest
from signscale.params import Params, load_params
from signscale.provenance import stages
from signscale.provenance.place import Place
from signscale.provenance.preflight import ablation_lines, missing_split
from signscale.tasks import load_task


@pytest.fixture
def miniature(root) -> Params:
    return load_params(root, "miniature")


def without(params: Params, *benchmarks: str) -> Params:
    """The params of a run that lacks some benchmarks."""
    left = {name: one for name, one in params.finetune.benchmarks.items() if name not in benchmarks}
    return params.model_copy(update={"finetune": params.finetune.model_copy(update={"benchmarks": left})})


def test_ablations_name_the_benchmarks_that_the_run_lacks(miniature):
    names = miniature.ablations.benchmarks
    assert ablation_lines(miniature, miniature.ablations.tables) == []
    assert ablation_lines(without(miniature, names[0]), miniature.ablations.tables) == [
        f"ablations: without {names[0]}, which this run does not have"
    ]


def test_ablations_without_any_benchmark_are_refused(miniature):
    names = miniature.ablations.benchmarks
    with pytest.raises(SignScaleError, match=rf"^ablations: none of {', '.join(names)} is a benchmark of this run$"):
        ablation_lines(without(miniature, *names), miniature.ablations.tables)


def test_only_published_corpora_are_audited(root):
    assert stages.audit_step(load_params(root, "paper")) == "report/audit"
    with pytest.raises(SignScaleError, match=r"^audit: none of fingerspelling, .* is a published corpus"):
        stages.audit_step(load_params(root, "demo"))


def test_a_run_from_scratch_reads_the_model_that_is_taken_over_and_no_other(miniature):
    taken = miniature.model_copy(update={"pretrain": miniature.pretrain.model_copy(update={"start": "some/model"})})
    assert stages.reads_pretrained(miniature, "pretrained")
    assert not stages.reads_pretrained(miniature, "scratch")
    assert stages.reads_pretrained(taken, "scratch")


@pytest.mark.parametrize("benchmark", ["wlasl100", "phoenix14t_slt"])
@pytest.mark.parametrize("seed", range(8))
def test_a_manifest_has_the_splits_of_the_samples_that_a_benchmark_takes(root, tmp_path, benchmark, seed):
    params, draw = load_params(root, "paper"), random.Random(seed)
    settings = params.finetune.benchmarks[benchmark]
    rows = [
        Sample(f"a/{n}", settings.corpus, split, "ase", "", "a.mp4", 0.0, -1.0, 25.0, "", text, label, "mmpose")
        for n in range(4)
        for split, text, label in [
            [draw.choice(one) for one in (("train", "dev", "test"), ("", "hi"), ("", "1", "1999"))]
        ]
    ]
    write_manifest(Place(params, tmp_path).manifest(settings.corpus), rows)
    task = load_task(settings.task)
    there = {one.split for one in rows if task.has_target(one) and in_subset(one, settings.subset)}
    needed = [set(settings.train_splits), {"test"}, *([{"dev"}] if settings.select_on == "dev" else [])]
    assert bool(missing_split(params, benchmark, tmp_path)) == (not all(there & one for one in needed))
