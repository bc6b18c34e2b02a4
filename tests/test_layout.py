"""The imports of the package form no cycle, neither among its folders nor among its files."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest


def modules(package: Path) -> dict[str, Path]:
    """Dotted name -> file of every module."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(body: list[ast.stmt], known: dict[str, Path], at_load: bool) -> Iterator[str]:
    """The modules among `known` that statements import; at_load: without functions and `if TYPE_CHECKING`."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in names if node.module in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif at_load and (isinstance(node, ast.FunctionDef) or ast.unparse(node).startswith("if TYPE_CHECKING")):
            continue
        else:
            yield from imported(list(ast.iter_child_nodes(node)), known, at_load)


def graph(package: Path, at_load: bool) -> dict[str, set[str]]:
    """Every module, with those that it imports."""
    known = modules(package)
    trees = {name: ast.parse(path.read_bytes()).body for name, path in known.items()}
    return {name: {one for one in imported(body, known, at_load) if one != name} for name, body in trees.items()}


def folders(package: Path, depth: int) -> dict[str, set[str]]:
    """Every folder down to a depth, with those that it builds on; a folder and one inside it count as one.

    The files at the top of the package (errors, registry, the class for users) stand for themselves.
    """
    known = modules(package)

    def folder(name: str) -> str:
        above = known[name].relative_to(package).parts[:-1]
        return "/".join(above[:depth]) if above else name

    found: dict[str, set[str]] = {}
    for name, others in graph(package, at_load=False).items():
        here = folder(name)
        there = {folder(other) for other in others} - {here}
        found.setdefault(here, set()).update(
            one for one in there if not one.startswith(f"{here}/") and not here.startswith(f"{one}/")
        )
    return found


def cycle(builds_on: dict[str, set[str]]) -> list[str]:
    """The names around one cycle; empty if there is none."""
    try:
        TopologicalSorter(builds_on).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("depth", [1, 9])
def test_no_folder_builds_on_one_that_builds_on_it_not_even_inside_functions(root, depth):
    builds_on = folders(root / "src" / "signscale", depth)
    assert {"acquire", "keypoints", "pack", "text", "pretrain", "finetune", "evaluate", "report"} <= set(builds_on)
    assert cycle(builds_on) == []


def test_no_file_needs_itself_to_be_loaded(root):
    """A task or estimator names its settings, and imports its network inside the method that builds it."""
    assert cycle(graph(root / "src" / "signscale", at_load=True)) == []


def test_a_cycle_would_be_found(tmp_path):
    package = tmp_path / "signscale"
    for name, text in {
        "pack/run.py": "from signscale.data import clips\n",
        "data/clips.py": "def late():\n    from signscale.pack.run import late\n",
    }.items():
        (package / name).parent.mkdir(parents=True)
        (package / name).write_text(text)
        (package / name).with_name("__init__.py").write_text("")
    assert sorted(set(cycle(folders(package, 1)))) == ["data", "pack"]
    assert cycle(graph(package, at_load=True)) == []
