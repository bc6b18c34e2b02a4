"""The sweep: which points there are, which are one run, and what is taken from the ordinary run."""

import pytest

from signscale.ablations.points import check, params_of_step, points, pretrain_step, run_of, runs, tables
from signscale.ablations.table import write_table
from signscale.errors import SignScaleError
from signscale.params import Params, load_params, validate
from signscale.provenance.stages import VERDICTS, fetched, steps, table_step


@pytest.fixture
def paper(root) -> Params:
    return load_params(root, "paper")


def changed(params: Params, **ablations) -> Params:
    """The params with other settings of the sweep, validated again."""
    content = params.model_dump()
    return validate(content | {"ablations": content["ablations"] | ablations}, "test")


def test_every_table_of_the_paper_has_its_choice_and_all_its_points(paper):
    named = tables(paper)
    counts = {"lambda": 5, "data_share": 5, "pretext": 3, "branches": 3, "window": 5, "mask_ratio": 5}
    assert {name: len(labels) for name, labels in named.items()} == counts | {"similarity": 2, "embedding": 2}
    assert {name: [label for label, point in labels.items() if point == "base"] for name, labels in named.items()} == {
        "lambda": ["1.0"], "data_share": ["1.0"], "pretext": ["both"], "branches": ["both"], "window": ["4"],
        "mask_ratio": ["0.4"], "similarity": ["fine"], "embedding": ["gcn"],
    }  # fmt: skip


def test_contrast_alone_and_no_masking_are_one_point(paper):
    assert tables(paper)["pretext"]["contrast"] == tables(paper)["mask_ratio"]["0.0"]
    # 30 points in eight tables: the choice stands in all of them, and one other in two.
    assert len(points(paper)) == 30 - 7 - 1


def test_a_point_changes_what_its_label_says_and_nothing_else(paper):
    point = points(paper)["mask.ratio-0.8"]
    assert point.pretrain.mask.ratio == 0.8
    same = point.pretrain.model_copy(update={"mask": paper.pretrain.mask})
    assert point.model_copy(update={"pretrain": same}) == paper


def test_the_ordinary_run_is_not_made_twice(paper):
    base, scratch = (run_of(paper, point, "msasl1000", 1) for point in ("base", "scratch"))
    assert (base.pretrain, base.finetune) == ("pretrain", "finetune/msasl1000/pretrained-1")
    assert (scratch.pretrain, scratch.evaluate) == ("", "evaluate/msasl1000/scratch-1")
    known = steps(paper, dict.fromkeys(fetched(paper), 1))
    assert all(run.evaluate in known and run.finetune in known for run in runs(paper))
    assert sum(name.startswith("ablations/") and "/pretrain-" in name for name in known) == 20


def test_another_seed_is_pretrained_anew(paper):
    assert pretrain_step(paper, "base", 2) == "ablations/base/pretrain-2"
    assert run_of(paper, "scratch", "msasl1000", 2).finetune == "ablations/scratch/finetune/msasl1000/scratch-2"


def test_the_miniature_has_the_points_of_every_table_and_takes_its_first_seed_from_the_ordinary_run(root):
    miniature, paper = load_params(root, "miniature"), load_params(root, "paper")
    named = tables(miniature)
    for table, labels in tables(paper).items():
        assert set(named[table].items()) <= set(labels.items()), table
    assert {run.pretrain for run in runs(miniature) if run.shared} == {"pretrain", ""}
    assert len(points(miniature)) == 14


def test_a_job_computes_with_the_params_of_its_point_and_seed(paper):
    job = params_of_step(paper, "ablations/model.branches-manual/pretrain-3")
    assert (job.seed, job.pretrain.model.branches) == (3, "manual")
    run = params_of_step(paper, "ablations/model.branches-manual/finetune/msasl1000/pretrained-2")
    assert (run.seed, run.pretrain.model.branches) == (2, "manual")
    for step in ("pretrain", "finetune/msasl1000/scratch-1", table_step("window"), VERDICTS):
        assert params_of_step(paper, step) == paper


def test_a_table_waits_for_its_own_points_alone(paper):
    known = steps(paper, dict.fromkeys(fetched(paper), 1))
    assert len(known[table_step("similarity")].after) == 2 * 4
    assert known[VERDICTS].after == tuple(table_step(name) for name in paper.ablations.tables)


def test_a_benchmark_that_is_not_here_leaves_the_others(paper):
    fewer = paper.model_copy(
        update={
            "finetune": paper.finetune.model_copy(
                update={"benchmarks": {"slr500": paper.finetune.benchmarks["slr500"]}}
            )
        }
    )
    assert runs(fewer) == []
    assert not any(name.startswith("ablations/") for name in steps(fewer, dict.fromkeys(fetched(fewer), 1)))


@pytest.mark.parametrize(
    ("point", "line"),
    [
        ({"loss": {"windows": 8}}, "ablations.tables.window.x: loss.windows: no such key"),
        ({"mask": {"ratio": 2.0}}, "ablations.tables.window.x: mask.ratio: Input should be less than or equal to 0.95"),
    ],
)
def test_a_point_that_cannot_be_is_refused_by_name(paper, point, line):
    with pytest.raises(SignScaleError, match=line):
        changed(paper, tables={"window": {"x": point, "4": {}}})


def test_a_table_of_changes_alone_has_nothing_to_compare_with(paper, tmp_path):
    alone = changed(paper, tables={"window": {"8": {"loss": {"window": 8}}}})
    with pytest.raises(SignScaleError, match=r"ablations.tables.window: no point changes nothing"):
        check(alone, ["window"])
    with pytest.raises(SignScaleError, match=r"ablations.tables.window: no point changes nothing"):
        write_table(alone, "window", tmp_path, tmp_path / "figures.json")  # the verb by hand
    check(paper, paper.ablations.tables)


def test_a_point_that_changes_a_list_has_a_name_for_a_folder(paper):
    fewer = changed(paper, tables={"levels": {"frame": {"mask": {"levels": ["joint", "clip"]}}, "all": {}}})
    assert tables(fewer)["levels"] == {"frame": "mask.levels-joint-clip", "all": "base"}
