"""From predictions of every point to differences, verdicts and their tables, on predictions written by hand."""

import json

import pytest

from signscale.ablations.page import note, page, verdict_rows, write_verdicts
from signscale.ablations.points import run_of
from signscale.ablations.table import table, write_table
from signscale.ablations.verdicts import Claim, Difference, claims, paper_figures, read_tables
from signscale.errors import SignScaleError
from signscale.params import Params, load_params, validate

ITEMS = 40


@pytest.fixture
def params(root) -> Params:
    """A sweep of two seeds over one table, on a benchmark of each direction: accuracy and word error rate."""
    content = load_params(root, "demo").model_dump()
    content["evaluate"]["bootstrap"] = 400
    content["ablations"] |= {
        "seeds": [1, 2],
        "benchmarks": ["letters", "words_cslr"],
        "tables": {"window": {"4": {"loss": {"window": 4}}, "16": {"loss": {"window": 16}}}},
    }
    return validate(content, "test")


def answers(task: str, right: int) -> list[dict]:
    """Predictions of which the first `right` are right."""
    if task == "islr":
        return [
            {"sample_id": str(k), "label": "a", "ranked": ["a", "b"] if k < right else ["b", "a"]} for k in range(ITEMS)
        ]
    return [
        {"sample_id": str(k), "language": "ase", "reference": "A B", "hypothesis": "A B" if k < right else "A"}
        for k in range(ITEMS)
    ]


@pytest.fixture
def results(params, tmp_path):
    """Right answers of each seed: letters 38 and 36 with window 4, 10 and 12 with 16; words 30 with both."""
    right = {("base", "letters"): (38, 36), ("loss.window-16", "letters"): (10, 12)}
    for point in ("base", "loss.window-16"):
        for benchmark in params.ablations.benchmarks:
            for seed in (1, 2):
                run = run_of(params, point, benchmark, seed)
                folder = tmp_path / run.evaluate
                folder.mkdir(parents=True)
                task = params.finetune.benchmarks[benchmark].task
                lines = answers(task, right.get((point, benchmark), (30, 30))[seed - 1])
                (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def renamed(results, params):
    """The predictions, with window 4 where it is the point and 16 the base."""
    (results / "ablations" / "loss.window-16").rename(results / "ablations" / "loss.window-4")
    return results


def test_means_and_leads_by_hand(params, results):
    found = table(params, "window", results)["benchmarks"]
    letters, words = found["letters"]["points"], found["words_cslr"]["points"]
    assert letters["4"]["value"] == pytest.approx(100 * (38 + 36) / 2 / ITEMS)
    assert letters["4"]["seeds"] == {"1": 95.0, "2": 90.0}
    assert "difference" not in letters["4"]
    assert letters["16"]["difference"]["value"] == pytest.approx(100 * (74 - 22) / 2 / ITEMS)
    assert words["4"]["value"] == pytest.approx(100 * 10 / 80)  # ten of eighty words deleted
    assert words["16"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_lower_error_rate_is_a_lead(params, results):
    worse = results / run_of(params, "loss.window-16", "words_cslr", 1).evaluate / "predictions.jsonl"
    worse.write_text("".join(json.dumps(line) + "\n" for line in answers("cslr", 0)))
    difference = table(params, "window", results)["benchmarks"]["words_cslr"]["points"]["16"]["difference"]
    assert difference["value"] == pytest.approx((50 - 12.5) / 2)
    assert difference["low"] <= difference["value"] <= difference["high"]


def test_a_claim_holds_where_the_interval_is_above_zero(params, results):
    (claim,) = claims([table(params, "window", results)])
    assert claim.words == "window of 4 frames beats 16"
    assert [difference.verdict for difference in claim.differences] == ["holds", "undecided"]
    assert claim.verdict == "holds"
    assert claim.differences[0].paper == pytest.approx(74.07 - 72.32)
    assert claim.differences[1].paper == pytest.approx(25.9 - 21.2)  # an error rate that is lower


def difference(low: float, high: float) -> Difference:
    return Difference("letters", "islr", "per_instance_top1", (low + high) / 2, low, high, None)


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([(1, 2), (-1, 3)], "holds"),
        ([(-2, -1), (-1, 3)], "does not"),
        ([(-1, 1), (0, 3)], "undecided"),
        ([(1, 2), (-3, -1)], "divided"),
    ],
)
def test_a_verdict_over_benchmarks(ends, verdict):
    assert Claim("window", "4", "16", tuple(difference(*pair) for pair in ends)).verdict == verdict


def test_the_papers_figures_cover_every_point_of_params(root):
    params, figures = load_params(root, "paper"), paper_figures()
    named = {(table, label) for table, labels in params.ablations.tables.items() for label in labels}
    assert named == {(table, point) for table, point, _ in figures}
    assert len(figures) == 4 * len(named)


def test_page_and_tables_say_the_same(params, results, tmp_path):
    write_table(params, "window", results, tmp_path / "window.json")
    write_verdicts([tmp_path / "window.json"], tmp_path / "out")
    for kind in ("html", "md", "csv", "tex"):
        text = (tmp_path / "out" / f"ablations.{kind}").read_text(encoding="utf-8")
        assert "92.5" in text, kind
        assert ("MiniLM stands in for mBART" in text) == (kind != "csv")
    _, rows = verdict_rows(claims(read_tables([tmp_path / "window.json"])))
    assert rows[0][:2] == ["window of 4 frames beats 16", "holds"]
    assert rows[0][2].startswith("+65.0 [")
    assert page(read_tables([tmp_path / "window.json"])) == (tmp_path / "out" / "ablations.html").read_text()


def test_the_note_says_how_many_seeds_there_were_and_whose_choice_leads(params, results):
    several = note([table(params, "window", results)])
    assert "2 seeds a point; its interval is of test items and seeds" in several
    assert "Not the paper's choice" not in several
    content = params.model_dump()
    content["ablations"] |= {"seeds": [1], "tables": {"window": {"4": {"loss": {"window": 4}}, "16": {}}}}
    content["pretrain"]["loss"]["window"] = 16
    other = validate(content, "test")
    one = table(other, "window", renamed(results, other))
    assert one["chosen"] == "16"
    assert "One seed a point" in note([one])
    assert "Not the paper's choice: window: 16 here, 4 in the paper." in note([one])


def test_a_point_that_is_not_pretrained_is_called_none():
    cell = {"difference": {"value": 1.0, "low": 0.5, "high": 2.0}}
    column = {"task": "islr", "measure": "per_instance_top1", "points": {"all": {}, "nothing": cell}}
    named = {"all": "base", "nothing": "scratch"}
    (claim,) = claims([{"table": "data_share", "chosen": "all", "points": named, "benchmarks": {"letters": column}}])
    assert claim.words == "pre-training on all of the data beats none"


def test_a_run_that_is_not_there_is_named(params, results):
    (results / run_of(params, "base", "letters", 2).evaluate / "predictions.jsonl").unlink()
    with pytest.raises(
        SignScaleError, match=r"ablations/base/evaluate/letters/pretrained-2/predictions.jsonl: no such"
    ):
        table(params, "window", results)
