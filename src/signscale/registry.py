"""Corpora, tasks and estimators by name: files that are found where they lie, in no list that has to be kept.

A registry looks through its package's folder and through the folder of the same name where the command was started,
the repository's root: `tasks/my_task.py` there is found like a file of signscale.tasks and imported as
`signscale.tasks.my_task`. A folder with an `__init__.py` counts like a file. What makes a file one of the kind is a
line `TASK = ...` (CORPUS, ESTIMATOR) at its top level. Files are read to find it, and imported only when asked for.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from signscale.errors import SignScaleError


class Registry:
    """The files of one kind, made by their package: `TASKS = Registry(__name__, __path__, "task")`."""

    def __init__(self, package: str, path: list[str], kind: str):
        self.package, self.kind, self.variable = package, kind, kind.upper()
        own = Path(package.rpartition(".")[2]).resolve()
        if own not in [Path(folder).resolve() for folder in path]:
            path.append(str(own))

    def files(self) -> dict[str, Path]:
        """Name -> file, sorted by name. Raises SignScaleError if two files have one name."""
        found: dict[str, Path] = {}
        for folder in sys.modules[self.package].__path__:
            for name, file in self._files_in(Path(folder)).items():
                if name in found:
                    raise SignScaleError(f"{file}: there is a {self.kind} {name!r} already, {found[name]}; rename one")
                found[name] = file
        return dict(sorted(found.items()))

    def names(self) -> list[str]:
        """All names, sorted."""
        return list(self.files())

    def check(self, name: str) -> None:
        """Raises SignScaleError with the names there are, unless the name is one of them."""
        if name not in (files := self.files()):
            raise SignScaleError(f"{self.kind} {name!r} is unknown; there are {', '.join(files)}")

    def load(self, name: str) -> Any:
        """The object of that name; raises SignScaleError with the names there are."""
        module = f"{self.package}.{name}"
        if not hasattr(sys.modules.get(module), self.variable):  # planning asks hundreds of times
            self.check(name)
        return getattr(import_module(module), self.variable)

    def _files_in(self, folder: Path) -> dict[str, Path]:
        line = re.compile(rf"^{self.variable}\b[^=\n]*=", re.MULTILINE)
        files = sorted([*folder.glob("*.py"), *folder.glob("*/__init__.py")])
        found = [file for file in files if line.search(file.read_text(encoding="utf-8"))]
        return {file.parent.name if file.name == "__init__.py" else file.stem: file for file in found}
