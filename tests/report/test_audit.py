"""The audit's section: the figures of its file, beside the paper's; absent without it, one line if it is torn."""

from types import SimpleNamespace

import pytest

from signscale.corpora.audit import audit, expected_holdings, tables
from signscale.errors import SignScaleError
from signscale.formats.files import write_json, write_text
from signscale.formats.sample import Sample
from signscale.params import load_params, overlay, validate
from signscale.report.audit import read_audit
from signscale.report.run import write_report

SEEN = Sample("wlasl/1", "wlasl", "dev", "ase", "7", "videos/1.mp4", 0.0, 2.0, 25.0, "book", "t", "0", "mmpose")
LEAK = Sample("wlasl/2", "wlasl", "test", "ase", "7", "videos/1.mp4", 1.0, 3.0, 25.0, "book", "t", "0", "mmpose")


@pytest.fixture
def audited(root, results):
    found = {"expected": tables(expected_holdings())} | audit(load_params(root, "paper"), [SEEN, LEAK], {})
    write_json(results / "report" / "audit" / "audit.json", found)
    return results


def test_the_audit_says_what_is_here_and_what_should_be(audited):
    audit = read_audit(audited)
    assert [(row["corpus"], row["clips"], row["samples"]) for row in audit.corpora] == [("wlasl", 1, 2)]
    assert audit.expected["wlasl"] == (18_205, "")
    assert audit.expected["bobsl"] == (1_160_037, "the rest of the paper's total")
    assert (audit.samples, audit.paper_samples) == (2, 1_563_701)
    assert "dev clips in pre-training: wlasl 1" in audit.findings
    assert "test clips that pre-training has seen: wlasl 1 by clip" in audit.findings


def test_the_page_shows_the_audit_and_the_corpora_that_are_absent(audited, params, tmp_path, monkeypatch):
    over = {"acquire": {"absent": ["bobsl"]}, "pretrain": {"absent": ["bobsl"], "splits": "paper"}}
    pruned = validate(overlay(params.model_dump(mode="json"), over), "test")
    facts = {"access": "filter", "title": "Clips for a test", "licence": "MIT", "source": "nowhere"}
    monkeypatch.setattr("signscale.report.material.load_corpus", lambda name: SimpleNamespace(name=name, **facts))
    write_report(pruned, audited, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in ("18,205", "1,563,701", "test clips that pre-training has seen: wlasl 1 by clip", 'href="#audit"'):
        assert words in page
    assert "Not on the machine that made this, and so without their benchmarks: Clips for a test (MIT)" in page
    assert "(the paper&#39;s splits)" in page or "(the paper's splits)" in page
    assert "Without bobsl." in page


def test_without_an_audit_there_is_no_section(results, params, tmp_path):
    assert read_audit(results) is None
    write_report(params, results, tmp_path / "report.html")
    assert 'id="audit"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_torn_audit_is_named(results):
    write_text(results / "report" / "audit" / "audit.json", '{"tables": {}}')
    with pytest.raises(SignScaleError, match=r"audit\.json: no whole audit"):
        read_audit(results)
