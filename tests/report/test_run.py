"""The page as a whole: offline, described, equal to its inputs, and the same every time."""

import itertools
import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.report import comparison
from signscale.report.run import write_report


class _Page(HTMLParser):
    """Tags with their attributes, in order, and whether they nest."""

    VOID = ("meta", "link", "br", "img", "input", "hr")
    SHAPES = ("path", "line", "rect", "circle", "image")

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, *names: str) -> list[dict]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture
def html(params, results, tmp_path):
    write_report(params, results, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def page(html):
    return _Page(html)


def test_the_tags_nest_and_headings_skip_no_level(page):
    assert page.open == []
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_requested_from_outside(html, page):
    for tag, attrs in page.tags:
        for name in ("src", "srcset", "poster", "data", "action", "xlink:href"):
            assert name not in attrs, tag
        if tag != "a" and "href" in attrs:
            assert attrs["href"].startswith("data:")
    assert page.all("link", "iframe", "object", "embed") == []
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest", html) == []
    assert {a["href"] for a in page.all("a") if not a["href"].startswith("#")} == {"https://arxiv.org/abs/2408.08544"}


def test_every_picture_is_described_and_every_table_has_a_caption(html, page):
    pictures = page.all("svg")
    assert len(pictures) > 40
    assert all(svg["role"] == "img" and len(svg["aria-label"]) > 10 for svg in pictures)
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(button["type"] == "button" for button in page.all("button"))


def test_every_inner_link_leads_somewhere(page):
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a") if a["href"].startswith("#")} <= set(ids)
    named = {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs}
    assert named <= set(ids)


def test_the_numbers_are_those_of_the_metrics_files(html, page, results):
    shown = {
        (data["data-run"], data["data-metric"]): float(data["value"]) for data in page.all("data") if "data-run" in data
    }
    written = {}
    for path in sorted(results.glob("evaluate/*/*/metrics.json")):
        for name, metric in json.loads(path.read_text())["metrics"].items():
            written[path.parent.relative_to(results / "evaluate").as_posix(), name] = metric["value"]
    assert shown == written
    assert '<data value="31.5">31.5</data>' in html  # mean of text-to-video R@1 over seeds 1 and 2: 31 and 32


def test_what_was_not_run_is_said(params, results, tmp_path):
    shutil.rmtree(results / "evaluate" / "words_cslr")
    write_report(params, results, tmp_path / "out.html")
    html = (tmp_path / "out.html").read_text(encoding="utf-8")
    article = html[html.index('<article id="words_cslr"') : html.index('<article id="words_slt"')]
    assert "This benchmark was not run: From scratch: 0 of 2 runs; Pre-trained: 0 of 2 runs." in article
    assert "Not run yet: Pre-trained: 0 of 2 runs." in html  # translation, of which scratch was run


def test_an_empty_results_folder_gives_a_page_that_says_so(params, tmp_path):
    (tmp_path / "demo").mkdir()
    write_report(params, tmp_path / "demo", tmp_path / "out.html")
    html = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert html.count("This benchmark was not run") == 5
    assert "Pre-training was not run" in html
    assert "Not packed: fingerspelling, fingerspelled_words." in html


def test_a_torn_file_leaves_the_old_report_in_place(params, results, tmp_path):
    (tmp_path / "out.html").write_text("old")
    (results / "evaluate" / "letters" / "nearest" / "metrics.json").write_text("{")
    with pytest.raises(SignScaleError, match=r"nearest/metrics\.json"):
        write_report(params, results, tmp_path / "out.html")
    assert (tmp_path / "out.html").read_text() == "old"


def test_equal_inputs_give_equal_bytes(params, results, tmp_path):
    for name in ("a.html", "b.html"):
        write_report(params, results, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_pictures_of_a_model_are_described_linked_and_the_same_every_time(learned, tmp_path, monkeypatch):
    real = {"letters": "fingerspelling", "words": "fingerspelled_words"}
    monkeypatch.setattr(comparison, "load_corpus", lambda name: load_corpus(real[name]))
    for name in ("a.html", "b.html"):
        write_report(learned.params, learned.root, tmp_path / name)
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    page = _Page(html)
    assert (tmp_path / "b.html").read_text(encoding="utf-8") == html
    assert page.open == []
    assert all(svg["role"] == "img" and len(svg["aria-label"]) > 10 for svg in page.all("svg"))
    clips = json.loads(re.search(r'<script type="application/json" id="clips">(.*?)</script>', html)[1])["clips"]
    assert {attrs["data-clip"] for _, attrs in page.tags if "data-clip" in attrs} <= set(clips)
    assert {option["value"] for option in page.all("option")} <= set(clips)
    assert re.findall(r'<li><a href="#(\w+)">', html)[:5] == ["summary", "benchmarks", "letters", "cslr", "slt"]
    assert re.findall(r'<section id="(\w+)"', html) == [
        "summary", "benchmarks", "comparison", "pretraining", "reconstruction", "heatmap", "map", "skeleton", "corpora",
        "provenance",
    ]  # fmt: skip


def test_substitutes_and_composed_words_are_named_at_the_top(html):
    lead = " ".join(re.search(r'<p class="lead">(.*?)</p>', html, re.S)[1].split())
    assert "MediaPipe stands in for HRNet + DARK and InterWild" in lead
    assert "MiniLM stands in for mBART" in lead
    assert "<i>fingerspelled_words</i> are composed of real letter clips" in lead


def test_texts_from_outside_cannot_become_markup(params, results, tmp_path):
    path = results / "evaluate" / "words_slt" / "scratch-1" / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["hypothesis"] = "</script><script>alert(1)</script>"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_report(params, results, tmp_path / "out.html")
    assert "alert(1)</script>" not in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_a_clip_missing_from_its_pack_is_said_not_drawn(params, results, tmp_path):
    (results / "pack" / "fingerspelled_words" / "shard.h5").unlink()
    write_report(params, results, tmp_path / "out.html")
    assert "no keypoints in the pack" in (tmp_path / "out.html").read_text(encoding="utf-8")


def _luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_words_stand_out_from_the_paper_in_every_theme(html, theme):
    block = re.findall(r":root \{(.*?)\}", html, re.S)[theme]
    colours = dict(
        re.findall(r"--([a-z]+): (#[0-9a-f]{6})", re.sub(r"#([0-9a-f])([0-9a-f])([0-9a-f]);", r"#\1\1\2\2\3\3;", block))
    )
    for paper in ("paper", "tint"):
        for ink in ("ink", "soft", "pretrained", "scratch", "nearest", "good", "bad"):
            low, high = sorted(_luminance(colours[name]) for name in (paper, ink))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (paper, ink)
