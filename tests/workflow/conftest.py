"""A copy of this repository in which the real workflow has run once, and one in which nothing has run."""

import shutil

import pytest
from workplace import TINY, Workplace, copy_repository, git


@pytest.fixture(scope="session")
def finished(root, tmp_path_factory) -> Workplace:
    """A copy in which `snakemake all` has run and DVC has taken note; skips if the embedded corpus cannot be had."""
    place = Workplace(tmp_path_factory.mktemp("workflow") / "signscale")
    copy_repository(root, place.root)
    (place.root / "workflow" / "presets" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    place.edit("params.yaml", "\npreset: paper ", "\npreset: tiny ")
    git(place.root, "init", "--quiet", "--initial-branch", "main")
    git(place.root, "add", "--force", ".dvc/store")
    place.commit("tiny")
    git(place.root, "tag", "start")
    fetched = place.run("snakemake", "--profile", "local", "text")
    if fetched.returncode and not (root / "data").is_dir():
        pytest.skip(f"the embedded corpus and the small encoder cannot be fetched: {fetched.stderr[-300:]}")
    place.snakemake("all")
    place.commit("made")
    return place


@pytest.fixture
def workplace(finished) -> Workplace:
    """The finished copy; params and code are put back after the test."""
    yield finished
    git(finished.root, "checkout", "--quiet", "params.yaml", "src", "workflow")


@pytest.fixture
def own_copy(root, tmp_path) -> Workplace:
    """A copy for one test, without any data, in which nothing has run."""
    place = Workplace(tmp_path / "signscale")
    copy_repository(root, place.root)
    shutil.rmtree(place.root / "data", ignore_errors=True)
    git(place.root, "init", "--quiet")
    return place


@pytest.fixture(scope="session")
def fresh(root, tmp_path_factory) -> Workplace:
    """A copy in which nothing has run."""
    place = Workplace(tmp_path_factory.mktemp("fresh") / "signscale")
    copy_repository(root, place.root)
    git(place.root, "init", "--quiet")
    return place
