"""The page on own recordings, as printed: an own corpus, a released encoder and the report in one short plan."""

import re
import shutil

import pytest
from workplace import Workplace, job_counts

pytestmark = pytest.mark.scenarios

HEADER = "file\tsplit\tgloss\ttext\tsigner\n"


@pytest.fixture
def mine(root, own_copy) -> Workplace:
    """A copy with the corpus and preset of the page, one clip a split, and the released models' files."""
    page = (root / "docs" / "your-own-recordings.md").read_text()
    blocks = {kind: re.search(rf"^```{kind}\n(.*?)^```", page, re.M | re.S).group(1) for kind in ("python", "yaml")}
    (own_copy.root / "corpora").mkdir()
    (own_copy.root / "corpora" / "my_signs.py").write_text(blocks["python"])
    (own_copy.root / "workflow" / "presets" / "mine.yaml").write_text(blocks["yaml"])
    raw = own_copy.root / "data" / "raw" / "my_signs"
    raw.mkdir(parents=True)
    rows = "".join(f"{split}.mp4\t{split}\tBOOK\tA book.\tanna\n" for split in ("train", "dev", "test"))
    (raw / "clips.tsv").write_text(HEADER + rows)
    shutil.copytree(root / "released", own_copy.root / "released", dirs_exist_ok=True)
    shutil.rmtree(own_copy.root / "released" / "pretrained", ignore_errors=True)
    return own_copy


def test_the_commands_of_the_page_plan_a_dozen_jobs_of_the_own_corpus_alone(root, mine):
    page = (root / "docs" / "your-own-recordings.md").read_text()
    command = re.search(r"^```text\n(.*?)^```", page, re.M | re.S).group(1).split()
    refused = mine.run(*command)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == (
        "released/pretrained: no such model folder; run `dvc pull released/pretrained.dvc`"
    )
    assert "dvc pull released/pretrained.dvc" in page
    mine.dvc("pull", "released/pretrained.dvc")
    done = mine.run(*command)
    assert done.returncode == 0, done.stderr[-3000:]
    jobs = job_counts(done.stdout + done.stderr)
    assert jobs == {
        "acquire_corpus": 1, "take_over_model": 1, "encode_text": 1, "pack_corpus": 1, "finetune_run": 2,
        "evaluate_run": 2, "evaluate_baseline": 1, "write_audit": 1, "write_report": 1,
    }  # fmt: skip
    assert "fingerspelling" not in done.stdout


@pytest.mark.parametrize(
    ("left", "line"),
    [
        (("train", "test"), "no dev clip, by which the epoch is chosen; mark some clips dev, or set select_on: last"),
        (("train", "dev"), "no test clip, so nothing can be scored; mark some clips test"),
        (("dev", "test"), "no train clip with a label to train on; mark some so"),
    ],
)
def test_a_split_that_is_missing_is_said_before_the_first_job(mine, left, line):
    mine.dvc("pull", "released/pretrained.dvc")
    table = mine.root / "data" / "raw" / "my_signs" / "clips.tsv"
    table.write_text(HEADER + "".join(f"{split}.mp4\t{split}\tBOOK\tA book.\tanna\n" for split in left))
    done = mine.run("snakemake", "--profile", "local", "all", "--config", "preset=mine")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"finetune.benchmarks.my_words: my_signs has {line}"
    assert not (mine.root / "results").exists()
