"""The real workflow on a machine without data: what can be built is planned, what cannot is one line a corpus."""

import shutil

import pytest

GATED = {
    "nmfs_csl": "research agreement with USTC",
    "slr500": "research agreement with USTC",
    "csl_daily": "research agreement with USTC",
    "bobsl": "BBC research licence",
}
FETCHED = {
    "wlasl": "C-UDA 1.0",
    "msasl": "C-UDA 1.0",
    "phoenix14": "non-commercial research, RWTH Aachen",
    "phoenix14t": "CC BY-NC-SA 3.0",
    "how2sign": "CC BY-NC 4.0",
}


@pytest.fixture
def plan(fresh, monkeypatch):
    """Plan everything in the preset `paper`: the jobs' lines and, by corpus, what is said of it before them."""
    monkeypatch.delenv("SIGNSCALE_BOBSL_URL", raising=False)
    for corpus in GATED | FETCHED:  # the copy may have taken some along
        shutil.rmtree(fresh.root / "data" / "raw" / corpus, ignore_errors=True)

    def planned() -> tuple[str, dict[str, str]]:
        done = fresh.run("snakemake", "--profile", "local", "-n", "all", "--config", "preset=paper")
        assert done.returncode == 0, done.stderr[-3000:]
        said = [line.partition(": ") for line in done.stderr.splitlines()]
        return done.stdout + done.stderr, {name: line for name, _, line in said if name in GATED | FETCHED}

    return planned


def test_without_any_data_each_corpus_has_its_line_and_the_rest_is_planned(plan):
    jobs, said = plan()
    assert set(said) == set(GATED | FETCHED)
    for corpus, licence in (GATED | FETCHED).items():
        assert licence in said[corpus]
        assert f"data/raw/{corpus}" in said[corpus]
        assert "https://" in said[corpus]
    for corpus in FETCHED:
        assert f"acquire: {corpus}\n" in jobs
    for corpus in GATED:
        assert f"acquire: {corpus}\n" not in jobs
        assert f"pack: {corpus}\n" not in jobs
        assert f"finetune: {corpus}" not in jobs
    assert "pretrain: going on from" in jobs
    assert "finetune: wlasl100 from pretrained, seed 1" in jobs
    assert "write_audit" in jobs


def test_a_corpus_that_was_dropped_in_is_planned_with_its_benchmarks(plan, fresh):
    folder = fresh.root / "data" / "raw" / "slr500"
    folder.mkdir(parents=True)
    for name in ("train.txt", "test.txt", "gloss.txt"):
        (folder / name).write_text("")
    jobs, said = plan()
    shutil.rmtree(folder)
    assert "slr500" not in said
    assert "acquire: slr500\n" in jobs
    assert "finetune: slr500 from scratch, seed 1" in jobs


def test_there_is_nothing_to_audit_in_the_embedded_corpora(fresh):
    done = fresh.run("snakemake", "--profile", "local", "-n", "audit", "--config", "preset=demo")
    assert done.returncode == 1
    assert "audit: none of fingerspelling, fingerspelled_words" in done.stderr
    assert "Traceback" not in done.stderr
