"""What is left of the paper's preset on a machine that lacks corpora: only what needs them goes."""

import re

import pytest

from signscale.ablations import points
from signscale.errors import SignScaleError
from signscale.formats.sample import write_manifest
from signscale.params import Params, load_params
from signscale.provenance import availability
from signscale.provenance.place import Place
from signscale.provenance.stages import fetched, steps

GATED = ["nmfs_csl", "slr500", "csl_daily", "bobsl"]
AUTO = ["wlasl", "msasl", "phoenix14", "phoenix14t", "how2sign"]


@pytest.fixture
def paper(root, monkeypatch) -> Params:
    monkeypatch.delenv("SIGNSCALE_BOBSL_URL", raising=False)
    return load_params(root, "paper")


def drop_slr500(place: Place) -> None:
    place.raw("slr500").mkdir(parents=True)
    for name in ("train.txt", "test.txt", "gloss.txt"):
        (place.raw("slr500") / name).write_text("")


def test_an_empty_machine_lacks_the_gated_corpora_and_fetches_the_rest(paper, tmp_path):
    left, lines = availability.decide(paper, tmp_path)
    assert list(lines) == GATED
    assert left.acquire.corpora == left.pretrain.corpora == AUTO
    assert left.acquire.absent == left.pretrain.absent == GATED
    assert {b.corpus for b in left.finetune.benchmarks.values()} == set(AUTO)
    assert list(availability.to_fetch(left, tmp_path)) == AUTO


def test_a_line_names_the_folder_the_licence_and_the_way(paper, tmp_path):
    line = availability.missing_access(paper, tmp_path)["csl_daily"]
    assert "\n" not in line
    assert "research agreement with USTC" in line
    assert f"{tmp_path}/data/raw/csl_daily: sentence_label/video_map.txt" in line
    assert "https://ustc-slr.github.io/datasets/2021_csl_daily/" in line
    assert "C-UDA 1.0" in availability.to_fetch(paper, tmp_path)["wlasl"]


def test_no_step_of_a_missing_access_is_planned_and_no_other_is_lost(paper, tmp_path):
    everything = steps(paper, dict.fromkeys(fetched(paper), 1))
    left, _ = availability.decide(paper, tmp_path)
    planned = steps(left, dict.fromkeys(fetched(left), 1))
    lost = set(everything) - set(planned)
    assert set(planned) < set(everything)
    assert all(any(corpus in name for corpus in GATED) for name in lost)
    assert planned["pretrain"].params["pretrain"]["absent"] == GATED
    assert list(planned["pretrain"].params["splits"]) == AUTO


def test_a_corpus_dropped_in_is_built(paper, tmp_path):
    drop_slr500(Place(paper, tmp_path))
    left, lines = availability.decide(paper, tmp_path)
    assert "slr500" not in lines
    assert "slr500" in left.pretrain.corpora
    assert "slr500" in left.finetune.benchmarks


def test_half_a_corpus_is_left_out_and_the_other_half_asked_for(paper, tmp_path):
    drop_slr500(Place(paper, tmp_path))
    (Place(paper, tmp_path).raw("slr500") / "gloss.txt").unlink()
    assert "slr500: gloss.txt missing" in availability.missing_access(paper, tmp_path)["slr500"]


def test_a_corpus_whose_results_were_pulled_needs_no_raw_data(paper, tmp_path):
    write_manifest(Place(paper, tmp_path).manifest("bobsl"), [])
    assert "bobsl" not in availability.missing_access(paper, tmp_path)


def test_a_login_opens_the_gate(paper, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNSCALE_BOBSL_URL", "https://example.org/bobsl")
    assert "bobsl" not in availability.missing_access(paper, tmp_path)


def test_jobs_go_by_the_decision_of_their_run(paper, tmp_path):
    left, absent = availability.decide(paper, tmp_path)
    availability.keep(paper, list(absent), tmp_path)
    drop_slr500(Place(paper, tmp_path))
    again, absent = availability.decide(paper, tmp_path)  # a dry run meanwhile
    assert availability.decided(paper, tmp_path) == left != again
    availability.keep(paper, list(absent), tmp_path)
    assert availability.decided(paper, tmp_path) == again


def test_the_demo_goes_without_nothing(root, tmp_path):
    demo = load_params(root, "demo")
    assert availability.decide(demo, tmp_path) == (demo, {})


def test_the_miniature_goes_without_the_sets_of_poses_that_were_not_dropped_in(root, tmp_path):
    left, lines = availability.decide(load_params(root, "miniature"), tmp_path)
    assert list(lines) == ["signwish", "traduttore"]
    assert left.pretrain.corpora == ["fingerspelling", "fingerspelled_words"]
    assert points.benchmarks(left) == ["letters", "words_retrieval"]
    assert len({run.point for run in points.runs(left)}) == 14


def test_nothing_left_to_pretrain_on_is_one_line(paper):
    with pytest.raises(SignScaleError, match=r"nothing can be built: this machine has no corpus of pretrain\.corpora"):
        availability.without(paper, paper.acquire.corpora)


def test_a_subset_its_corpus_lacks_is_named_with_its_key(paper, tmp_path):
    wrong = paper.finetune.benchmarks["wlasl100"].model_copy(update={"subset": "msasl100"})
    finetune = paper.finetune.model_copy(update={"benchmarks": {"wlasl100": wrong}})
    with pytest.raises(SignScaleError, match=r"finetune.benchmarks.wlasl100.subset: wlasl has no subset 'msasl100'"):
        availability.decide(paper.model_copy(update={"finetune": finetune}), tmp_path)


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ({"phoenix14": 4}, "acquire.fetch_jobs: phoenix14 is one download, so several jobs cannot share it"),
        ({"fingerspelling": 2}, "acquire.fetch_jobs: fingerspelling is one download"),
        ({"wlassl": 2}, "acquire.fetch_jobs: corpus 'wlassl' is unknown"),
    ],
)
def test_sharing_what_cannot_be_shared_is_one_line(paper, tmp_path, jobs, said):
    wrong = paper.model_copy(update={"acquire": paper.acquire.model_copy(update={"fetch_jobs": jobs})})
    with pytest.raises(SignScaleError, match=re.escape(said)):
        availability.decide(wrong, tmp_path)


def test_what_comes_clip_by_clip_can_be_shared(paper, tmp_path):
    jobs = dict.fromkeys(["wlasl", "msasl", "how2sign", "bobsl"], 3) | {"phoenix14": 1}
    shared = paper.model_copy(update={"acquire": paper.acquire.model_copy(update={"fetch_jobs": jobs})})
    assert availability.decide(shared, tmp_path)[0].acquire.fetch_jobs == jobs
