"""What code decides a step: every module its entry leads to by imports, and the packages those modules import.

A module counts as its syntax without comments and docstrings, so an edit of either reruns nothing; nor does a file that
nothing imports. Imports inside functions count. Corpora, tasks and estimators are an exception: the common code of
their folder may import all of them, but each counts only for the steps that use it by name.
"""

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from signscale.formats.files import SPARED, read_json, write_text
from signscale.formats.machine import LOCK, pins

# Modules that check input, print messages, find files or measure time. What they choose is in the params of a step, and
# what they fetch has a known sha256. They count only for the steps whose entries name them.
DECIDE_NOTHING = (
    "__init__",  # finds the class for users of the package
    "cli",
    "corpora",  # its __init__, which finds corpora by name
    "corpora.corpus",
    "errors",
    "fetch",
    "formats.machine",
    "keypoints.estimators",  # its __init__, which finds estimators by name
    "keypoints.estimators.choice",
    "keypoints.estimators.environment",
    "keypoints.estimators.estimator",
    "params",
    "pretrain.speed",
    "progress",
    "provenance",
    "registry",
)
_ONLY_THEMSELVES = (
    "corpora",
    "keypoints.estimators",
)  # of DECIDE_NOTHING: the package's __init__, not what lies in its folder

# Packages that transport, check or display data; they change no number.
CARRY = ("filelock", "pydantic", "requests", "rich", "tensorboard", "tqdm", "typer", "urllib3", "yt-dlp")
# Names under which packages are imported, where that is not the package's own.
_IMPORTED_AS = {
    "cv2": "opencv-contrib-python",
    "flashlight": "flashlight-text",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}
PLUGINS = {"corpora": "CORPUS", "tasks": "TASK", "keypoints.estimators": "ESTIMATOR"}
"""Packages of which a step uses some modules by name, each with the variable that makes a file one of them."""

_READS_DATA = re.compile(r"importlib\.resources|PackageLoader|\b__file__\b")


@dataclass(frozen=True)
class Code:
    """The code of a repository: its package under `root`/src, and folders of the user's own plugins beside it.

    What was read of a file is kept in scratch/code.json, by the sha256 of its bytes, so that no file is parsed twice.
    """

    root: Path = Path()
    _seen: dict[Path, dict[str, Any]] = field(default_factory=dict)
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    _closures: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    _pins: dict[str, str] = field(default_factory=dict)
    _places: dict[str, Path | None] = field(default_factory=dict)
    _files: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    _packages: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    @property
    def package(self) -> Path:
        """The folder of the package."""
        return self.root / "src" / "signscale"

    def files(self, entries: tuple[str, ...]) -> dict[str, str]:
        """Digest by path (in the package) of every file that decides what the modules `entries` compute.

        entries: names within the package, as `pretrain.run`; a plugin among them is one in use. The files beside a
        module that reads package data count byte for byte.
        """
        if entries in self._files:
            return self._files[entries]
        found: dict[str, str] = {}
        for name in self.modules(entries):
            path = self._file(name)
            read = self._read(path)
            if read["digest"]:
                found[self._shown(path)] = read["digest"]
            if read["data"]:
                found |= {self._shown(p): sha256(p.read_bytes()).hexdigest() for p in _data_files(path.parent)}
        self._files[entries] = dict(sorted(found.items()))
        return self._files[entries]

    def packages(self, entries: tuple[str, ...]) -> dict[str, str]:
        """The pinned version of every package that those files import; those of another lock are not here."""
        if entries in self._packages:
            return self._packages[entries]
        pinned = self._pinned()
        tops = {top for name in self.modules(entries) for top in self._read(self._file(name))["packages"]}
        names = sorted({_normal(_IMPORTED_AS.get(top, top)) for top in tops} - set(CARRY))
        self._packages[entries] = {name: pinned[name] for name in names if name in pinned}
        return self._packages[entries]

    def modules(self, entries: tuple[str, ...]) -> tuple[str, ...]:
        """The names of all modules that `entries` lead to, sorted. Raises FileNotFoundError if an entry is none."""
        if entries not in self._closures:
            for entry in entries:
                if self._file(entry) is None:
                    raise FileNotFoundError(f"{entry}: no such module in {self.package}")
            self._closures[entries] = tuple(sorted(self._closure(entries)))
            self._keep()
        return self._closures[entries]

    def _closure(self, entries: tuple[str, ...]) -> set[str]:
        found: set[str] = set()
        waiting = list(entries)
        while waiting:
            name = waiting.pop()
            if name in found or (name not in entries and _decides_nothing(name, entries)):
                continue
            if (path := self._file(name)) is None:
                continue
            found.add(name)
            waiting += _parents(name)
            waiting += [n for n in self._read(path)["modules"] if not self._goes_by_name(name, n, entries)]
        return found

    def _goes_by_name(self, importer: str, name: str, entries: tuple[str, ...]) -> bool:
        """Whether a plugin is imported by the common code of its folder, and not in use."""
        for folder in PLUGINS:
            if name.startswith(f"{folder}.") and (importer == folder or importer.startswith(f"{folder}.")):
                plugin, own = self._plugin(name, folder), self._plugin(importer, folder)
                return plugin is not None and own is None and plugin not in entries
        return False

    def _plugin(self, name: str, folder: str) -> str | None:
        """The plugin of a folder that a module is or belongs to."""
        first = ".".join(name.split(".")[: folder.count(".") + 2])
        path = self._file(first) if first.startswith(f"{folder}.") else None
        return first if path and PLUGINS[folder] in self._read(path)["assigns"] else None

    def _file(self, name: str) -> Path | None:
        """The file of a module, None if there is none (as of a function)."""
        if name not in self._places:
            self._places[name] = self._find(name)
        return self._places[name]

    def _find(self, name: str) -> Path | None:
        """Look for the file of a module; a plugin may also lie in a folder of the repository's root."""
        base = self.package / name.replace(".", "/") if name != "__init__" else self.package
        places = [base.with_suffix(".py"), base / "__init__.py"]
        folder, _, last = name.rpartition(".")
        if folder in PLUGINS:
            own = self.root / folder.rpartition(".")[2] / last
            places += [own.with_suffix(".py"), own / "__init__.py"]
        return next((path for path in places if path.is_file()), None)

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.package if path.is_relative_to(self.package) else self.root).as_posix()

    def _read(self, path: Path) -> dict[str, Any]:
        """What matters of a file: digest of its syntax, the modules and packages it imports, and so on."""
        if path not in self._seen:
            content, shown = path.read_bytes(), self._shown(path)
            key = sha256(content).hexdigest()
            kept = self._remembered().get(shown, {})
            self._seen[path] = kept if kept.get("sha256") == key else {"sha256": key} | read_syntax(content, shown)
        return self._seen[path]

    @property
    def _memory(self) -> Path:
        return self.root / "scratch" / "code.json"

    def _remembered(self) -> dict[str, dict[str, Any]]:
        """What an earlier run read, of this version of this file."""
        if not self._kept:
            stored = read_json(self._memory, SPARED) if self._memory.is_file() else {}
            self._kept.update(stored.get("files", {}) if stored.get("reader") == _READER else {})
            self._kept.setdefault("", {})
        return self._kept

    def _keep(self) -> None:
        news = {self._shown(path): read for path, read in self._seen.items()}
        if any(self._kept.get(shown) != read for shown, read in news.items()):
            self._kept.update(news)
            files = {shown: read for shown, read in self._kept.items() if shown}
            write_text(self._memory, json.dumps({"reader": _READER, "files": files}))

    def _pinned(self) -> dict[str, str]:
        if not self._pins:
            self._pins.update({_normal(name): version for name, version in pins(self.root / LOCK).items()})
        return self._pins


_READER = sha256(Path(__file__).read_bytes()).hexdigest()


def _normal(package: str) -> str:
    return package.lower().replace("_", "-")


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")[:-1]
    return (".".join(parts[: i + 1]) for i in range(len(parts)))


def _decides_nothing(name: str, entries: tuple[str, ...]) -> bool:
    above = [one for one in (*_parents(name), name) if one not in _ONLY_THEMSELVES or one == name]
    return any(one in DECIDE_NOTHING and one not in entries for one in above)


def _data_files(folder: Path) -> list[Path]:
    """The files under a package's folder that are no code, less those of packages within it."""
    found = []
    for here, below, names in os.walk(folder):
        below[:] = sorted(
            name for name in below if name != "__pycache__" and not Path(here, name, "__init__.py").exists()
        )
        found += [Path(here, name) for name in sorted(names) if not name.endswith((".py", ".pyc"))]
    return found


def read_syntax(content: bytes, shown: str) -> dict[str, Any]:
    """Of a module's source: `digest` of its syntax (empty if it has none), `modules` of this package and `packages`
    that it imports, the variables it `assigns` at its top level, and whether it reads `data` files of its package.

    shown: its path in the package, for relative imports. A file that is no Python counts as its bytes.
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        empty = {"modules": [], "packages": [], "assigns": [], "data": False}
        return {"digest": sha256(content).hexdigest()} | empty
    plain = _plain(tree)
    modules, packages = _imports(tree, shown)
    return {
        "digest": sha256(json.dumps(plain).encode()).hexdigest() if len(plain) > 1 else "",
        "modules": sorted(modules),
        "packages": sorted(packages),
        "assigns": sorted(_assigned(tree)),
        "data": bool(_READS_DATA.search(content.decode())),
    }


def _plain(node: Any) -> Any:
    """Syntax as nested lists, without line numbers, docstrings and empty fields, so that every version of Python gives
    the same."""
    if isinstance(node, ast.AST):
        fields = ((name, _plain(value)) for name, value in ast.iter_fields(node) if value is not None)
        return [type(node).__name__, *([name, value] for name, value in fields if value != [])]
    if isinstance(node, list):
        return [_plain(item) for item in node if not _stands_alone(item)]
    return repr(node)


def _stands_alone(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _imports(tree: ast.AST, shown: str) -> tuple[set[str], set[str]]:
    """Modules of this package, and first names of packages, that a file imports anywhere."""
    modules: set[str] = set()
    packages: set[str] = set()
    here = ["signscale", *Path(shown).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "signscale":
                modules.add(rest or "__init__")
            elif top not in sys.stdlib_module_names:
                packages.add(top)
    return modules, packages


def _assigned(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper())
