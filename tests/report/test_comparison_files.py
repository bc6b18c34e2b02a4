"""The comparison as files: read back they hold what was compared, whatever stands in names and notes."""

import csv
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from signscale.params import load_params
from signscale.report import comparison_files as written
from signscale.report import grid
from signscale.report.comparison import Ours, Row, compare
from signscale.report.paper import best_rival, paper_row
from signscale.report.results import read_benchmarks
from signscale.report.run import write_report
from signscale.report.tables import Cell
from signscale.tasks import load_task

AWKWARD = r"50 % & more_or_less | a, b; {x} #1 $y ~ ^ \z <q> [r] *s* _t_ `u`"


@pytest.fixture
def row() -> Row:
    """A run of two seeds beside the paper, with everything in it that a format reads as its own."""
    cell = Cell(mean=57.29, spread=1.25, low=55.0, high=59.5, values=[56.04, 58.54], n=2_878)
    return Row(
        benchmark="wlasl2000",
        counterpart="WLASL2000",
        task=load_task("islr"),
        metric="per-instance top-1",
        measured="per_instance_top1",
        ours=Ours(cell, (1, 2), 2_878, 2_878, AWKWARD),
        printed=paper_row("WLASL2000", load_task("islr"))["per-instance top-1"],
        rgb=best_rival("WLASL2000", "per-instance top-1", "RGB"),
        pose=replace(best_rival("WLASL2000", "per-instance top-1", "pose"), doubtful="made up"),
        difference=1.0,
        state="",
        why="",
        remarks=(AWKWARD, "pre-trained without bobsl"),
    )


SHOWN = [
    "WLASL2000 (wlasl2000)", "per-instance top-1", "57.3 ± 1.2 (55.0 to 59.5)", "1, 2", "2,878 of 2,878", "56.29",
    "61.05 NLA-SLR (pose+RGB)", "51.50* SAM-SLR", "+1.0 (better, the paper inside our interval)", "1, 2, 3",
]  # fmt: skip


def cells_of(html: str, tag: str) -> list[str]:
    """The plain text of every element of a tag."""
    plain = [re.sub("<[^>]+>", "", cell) for cell in re.findall(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", html, re.S)]
    for name, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        plain = [cell.replace(name, letter) for cell in plain]
    return plain


def test_markdown_renders_to_the_cells_and_notes_that_were_meant(params, row):
    html = MarkdownIt("commonmark").enable("table").render(written.markdown(params, [row]))
    assert cells_of(html, "th") == list(written.HEADINGS)
    assert cells_of(html, "td") == SHOWN
    assert cells_of(html, "li") == [f"signature: {AWKWARD}", AWKWARD, "pre-trained without bobsl"]
    assert "<em>" not in html and "<code>" not in html and "<a " not in html
    awkward = replace(row, benchmark="a|b")
    assert cells_of(MarkdownIt("commonmark").enable("table").render(written.markdown(params, [awkward])), "td")[0] == (
        "WLASL2000 (a|b)"
    )


def unlatex(text: str) -> str:
    """What LaTeX would print of our escapes."""
    for mark, letter in sorted(((mark, letter) for letter, mark in grid._LATEX.items()), key=lambda p: -len(p[0])):
        text = text.replace(mark, f"\0{ord(letter)}\0")
    return re.sub("\0(\\d+)\0", lambda found: chr(int(found[1])), text)


def test_latex_has_ten_cells_a_line_and_no_bare_special_letter(params, row):
    text = written.latex(params, [row])
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:]
    assert [unlatex(cell) for cell in body[0].removesuffix(r" \\").split(" & ")] == SHOWN
    assert r"50 \% \& more\_or\_less \textbar{}\allowbreak{} a, b; \{x\} \#1 \$y" in text
    assert r"\textasciitilde{} \textasciicircum{} \textbackslash{}z \textless{}q\textgreater{}" in text
    items = [line.removeprefix(r"\item ") for line in text.splitlines() if line.startswith(r"\item ")]
    assert [unlatex(item) for item in items] == [f"signature: {AWKWARD}", AWKWARD, "pre-trained without bobsl"]
    assert text.isascii()
    opened = re.findall(r"\\begin\{(\w+\*?)\}", text)
    assert sorted(opened) == sorted(re.findall(r"\\end\{(\w+\*?)\}", text)) == ["enumerate", "table*", "tabular"]
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")


def test_a_comma_separated_line_has_every_fact_of_its_row(row):
    (line,) = csv.DictReader(written.comma_separated([row]).splitlines())
    assert line == {
        "benchmark": "wlasl2000",
        "paper_benchmark": "WLASL2000",
        "task": "islr",
        "metric": "per-instance top-1",
        "measured": "per_instance_top1",
        "better": "higher",
        "ours": "57.29",
        "ours_low": "55.0",
        "ours_high": "59.5",
        "ours_spread": "1.25",
        "seeds": "1 2",
        "present": "2878",
        "expected": "2878",
        "signature": AWKWARD,
        "paper": "56.29",
        "rgb_rival": "NLA-SLR (pose+RGB)",
        "rgb": "61.05",
        "rgb_doubtful": "",
        "pose_rival": "SAM-SLR",
        "pose": "51.50",
        "pose_doubtful": "made up",
        "difference": "1.0",
        "verdict": "better, the paper inside our interval",
        "not_comparable": "",
        "remarks": f"{AWKWARD}; pre-trained without bobsl",
    }


def test_what_is_not_there_is_an_empty_cell_and_what_is_nought_is_not(row):
    still = replace(row.ours.cell, mean=0.0, spread=0.0)
    (line,) = csv.DictReader(
        written.comma_separated([replace(row, ours=replace(row.ours, cell=still), rgb=None)]).splitlines()
    )
    assert (line["ours"], line["ours_spread"], line["rgb"]) == ("0.0", "0.0", "")
    (line,) = csv.DictReader(written.comma_separated([replace(row, ours=None, difference=None)]).splitlines())
    assert (line["ours"], line["ours_spread"], line["signature"], line["difference"]) == ("", "", "", "")


def test_the_report_writes_the_three_files_and_shows_why_nothing_compares(params, results, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        write_report(params, results, folder / "report.html")
    names = ["comparison.csv", "comparison.md", "comparison.tex"]
    assert sorted(path.name for path in (first / "tables").iterdir()) == names
    assert all((first / "tables" / name).read_bytes() == (second / "tables" / name).read_bytes() for name in names)
    page = (first / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="comparison"') : page.index('<section id="pretraining"')]
    assert section.count("no counterpart in the paper") == 5
    assert "<table" not in section
    with (first / "tables" / "comparison.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["benchmark"] for line in lines} == set(params.finetune.benchmarks)
    assert "MediaPipe stands in" in next(line["remarks"] for line in lines if line["ours"])


def test_the_preset_paper_with_nothing_run_is_shown_in_four_tables(root, tmp_path):
    params = load_params(root, "paper")
    rows = compare(params, tmp_path, read_benchmarks(params, tmp_path), [])
    shown = written.shown(params, rows)
    assert shown["apart"] == {}
    assert [len(table.lines) for table in shown["tables"]] == [6 * 4 + 6 + 1, 3 * 3, 2 * 4 + 1, 2 * 8]
    write_report(params, tmp_path / "paper", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<td>51.50 SAM-SLR</td>") == 1
    assert "ask for it at https://ustc-slr.github.io/datasets/2021_csl_daily/" in page
