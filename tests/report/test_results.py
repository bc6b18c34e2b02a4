"""Reading runs: what is missing is not run, what is torn is one line."""

import pytest

from signscale.errors import SignScaleError
from signscale.formats.files import read_json, write_json, write_text
from signscale.report.results import read_benchmarks, read_lines, read_run


def test_runs_stand_in_the_order_of_params(params, results):
    letters, _, cslr, slt, retrieval = read_benchmarks(params, results)
    assert [(run.init, run.seed) for run in letters.runs] == [
        ("nearest", -1), ("scratch", 1), ("scratch", 2), ("pretrained", 1), ("pretrained", 2),
    ]  # fmt: skip
    assert (cslr.planned["nearest"], len(slt.of("pretrained")), retrieval.task.name) == (0, 0, "retrieval")
    assert (letters.runs[0].present, letters.runs[0].expected) == (32, 34)


def test_a_torn_metrics_file_is_one_line_naming_it(params, results):
    path = results / "evaluate" / "letters" / "scratch-2" / "metrics.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(SignScaleError, match=r"scratch-2/metrics\.json: not whole JSON") as caught:
        read_benchmarks(params, results)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda content: content["metrics"]["per_instance_top1"].pop("low"), "top1: low: this key is missing"),
        (
            lambda content: content["metrics"]["per_instance_top1"].update(value="46"),
            "top1: value: Input should be a valid number",
        ),
        (lambda content: content.pop("coverage"), "no whole metrics"),
        (lambda content: content.update(metrics=[1]), "no whole metrics"),
    ],
)
def test_metrics_that_lack_something_are_refused(results, damage, says):
    folder = results / "evaluate" / "letters" / "nearest"
    content = read_json(folder / "metrics.json")
    damage(content)
    write_json(folder / "metrics.json", content)
    with pytest.raises(SignScaleError, match=says):
        read_run(folder, "letters", "nearest", -1)


def test_a_torn_line_is_named_by_its_number(tmp_path):
    write_text(tmp_path / "log.jsonl", '{"step": 1}\n{"step": 2')
    with pytest.raises(SignScaleError, match="line 2 is not a JSON object"):
        read_lines(tmp_path / "log.jsonl")
