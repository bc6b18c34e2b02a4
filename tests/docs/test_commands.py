"""What the documentation tells people to type works, in a copy of the repository without any data."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.cli import parse_args
from typer.main import get_command

from signscale.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:signscale|make|snakemake|dvc) [^`]+)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
COPIED = [
    "Snakefile",
    "params.yaml",
    "workflow",
    "profiles",
    "demo",
    "miniature",
    "local",
    "slurm",
    "src",
    "envs",
    "dvc.yaml",
]


def commands() -> list[str]:
    """Every line of the pages' `sh` blocks, each once."""
    lines = [line for page in PAGES for block in BLOCK.findall(page.read_text()) for line in block.splitlines()]
    return sorted(set(lines))


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documentation_works(command, tmp_path):
    for name in COPIED:
        (tmp_path / name).symlink_to(ROOT / name)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run = subprocess.run(shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip()


def inline_commands(program: str) -> list[list[str]]:
    """The words of every command of a program that stands within a sentence or table of the pages, each once."""
    found = {command for page in PAGES for command in INLINE.findall(page.read_text())}
    return [shlex.split(command)[1:] for command in sorted(found) if command.split()[0] == program]


@pytest.mark.parametrize("words", inline_commands("signscale"), ids=" ".join)
def test_a_verb_that_is_named_has_the_options_it_is_named_with(words):
    verb = get_command(app).commands[words[0]]
    known = {name for parameter in verb.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("words", inline_commands("make"), ids=" ".join)
def test_a_target_that_is_named_is_one(words):
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets += [f"bench-{path.stem}" for path in (ROOT / "benchmarks").glob("*.py")]
    assert words[0] in targets


@pytest.mark.parametrize("words", inline_commands("snakemake"), ids=" ".join)
def test_a_rule_and_a_profile_that_are_named_are_there(words):
    rules = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    targets = {name for path in rules for name in re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE)}
    if "--profile" in words:
        assert (ROOT / words.pop(words.index("--profile") + 1) / "profile.yaml").is_file()
    if "--config" in words:
        preset = words.pop(words.index("--config") + 1).removeprefix("preset=")
        assert (ROOT / "workflow" / "presets" / f"{preset}.yaml").is_file()
    assert {word for word in words if not word.startswith("-")} <= targets


@pytest.mark.parametrize("words", inline_commands("dvc"), ids=" ".join)
def test_a_dvc_command_that_is_named_is_one_and_changes_a_param_there_is(words):
    arguments = parse_args(words)
    for change in getattr(arguments, "set_param", None) or []:
        value = yaml.safe_load((ROOT / "params.yaml").read_text())
        for key in change.partition("=")[0].split("."):
            value = value[key]


def test_every_page_is_in_the_navigation_of_the_site():
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = set(re.findall(r": ([\w-]+\.md)$", navigation, re.MULTILINE))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")} | {"measurements.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_of_a_page_is_dead(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
