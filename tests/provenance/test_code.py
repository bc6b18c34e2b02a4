"""The code that decides a step: which edits count, which modules are found, on made-up packages."""

import pytest

from signscale.provenance import code as module
from signscale.provenance.code import Code, read_syntax


@pytest.fixture
def write(tmp_path):
    """Write a module of the made-up package; returns its code as it is then."""
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "base.txt").write_text("numpy==2.4.6\npillow==13.0.0\ntqdm==4.1\n")

    def written(file: str = "", text: str = "") -> Code:
        path = tmp_path / (file if file.startswith("tasks_of_mine") else f"src/signscale/{file}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if file:
            path.write_text(text)
        return Code(tmp_path)

    return written


def digest(text: str) -> str:
    return read_syntax(text.encode(), "a.py")["digest"]


@pytest.mark.parametrize(
    "same",
    [
        'def f(x):\n    """Twice."""\n    return 2 * x\n',
        "# a comment\n\n\ndef f(x):  # twice\n    return (2 *\n        x)\n",
        '"""A module."""\ndef f(x):\n    return 2 * x\n"""Of f."""\n',
    ],
)
def test_comments_docstrings_and_layout_do_not_count(same):
    assert digest(same) == digest("def f(x):\n    return 2 * x\n")


@pytest.mark.parametrize(
    "other",
    [
        "def f(x):\n    return 2.0 * x\n",
        "def f(x):\n    return\n",
        "def f(x):\n    return True * x\n",
        "def f(y):\n    pass\n",
    ],
)
def test_every_value_counts(other):
    assert digest(other) != digest("def f(x):\n    return 2 * x\n")
    assert digest("f(1)") != digest("f(True)") != digest("f('1')")
    assert digest("return_ = None") != digest("return_ = 0")


def test_a_docstring_alone_is_no_code(write):
    write("pack/__init__.py", '"""The packs."""\n')
    assert list(write("pack/run.py", "SIZE = 1\n").files(("pack.run",))) == ["pack/run.py"]


def test_imports_are_followed_everywhere_and_only_there(write):
    write("a/__init__.py", "X = 1\n")
    write("a/one.py", "from .two import Y\n\n\ndef f():\n    from signscale.b import three\n")
    write("a/two.py", "Y = 1\n")
    write("a/unused.py", "Z = 1\n")
    code = write("b/three.py", "import signscale.a.one\n")
    assert list(code.files(("a.one",))) == ["a/__init__.py", "a/one.py", "a/two.py", "b/three.py"]


def test_what_checks_or_words_decides_only_where_it_is_named(write):
    write("errors.py", "X = 1\n")
    write("fetch/http.py", "X = 1\n")
    code = write("text/store.py", "from signscale.errors import X\nfrom signscale.fetch import http\n")
    write("fetch/__init__.py", "")
    assert list(code.files(("text.store",))) == ["text/store.py"]
    assert list(write().files(("text.store", "fetch"))) == ["fetch/http.py", "text/store.py"]


def test_a_plugin_counts_by_name_or_where_another_plugin_or_folder_imports_it(write):
    write("tasks/common.py", "def head(name):\n    from signscale.tasks import islr, slt\n")
    write("tasks/islr.py", "TASK = 1\n")
    write("tasks/cslr.py", "TASK = 2\nfrom signscale.tasks.islr import TASK as OTHER\n")
    write("tasks/slt/__init__.py", "TASK: int = 3\nfrom signscale.tasks.slt.beam import WIDTH\n")
    code = write("tasks/slt/beam.py", "WIDTH = 4\n")
    assert list(code.files(("tasks.common",))) == ["tasks/common.py"]
    assert list(code.files(("tasks.common", "tasks.cslr"))) == ["tasks/common.py", "tasks/cslr.py", "tasks/islr.py"]
    assert "tasks/slt/beam.py" in code.files(("tasks.common", "tasks.slt"))
    write("data/batches.py", "from signscale.tasks.islr import TASK\n")
    assert list(write().files(("data.batches",))) == ["data/batches.py", "tasks/islr.py"]


def test_a_users_own_plugin_is_found_in_the_repositorys_root(write, tmp_path):
    write("tasks/common.py", "X = 1\n")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "mine.py").write_text("from signscale.tasks.common import X\nTASK = X\n")
    assert list(write().files(("tasks.mine",))) == ["tasks/common.py", "tasks/mine.py"]


def test_data_files_count_byte_for_byte_where_a_module_reads_them(write):
    write("report/page.css", "p {}")
    write("report/sections/a.j2", "a")
    write("report/other/__init__.py", "")
    write("report/other/b.txt", "b")
    code = write("report/run.py", "from importlib.resources import files\n")
    assert list(code.files(("report.run",))) == ["report/page.css", "report/run.py", "report/sections/a.j2"]
    before = code.files(("report.run",))["report/page.css"]
    assert write("report/page.css", "p { }").files(("report.run",))["report/page.css"] != before


def test_packages_are_those_imported_by_their_pinned_version(write):
    write("data/a.py", "import numpy as np\nfrom PIL import Image\nimport os, tqdm\nimport mmpose\n")
    assert write().packages(("data.a",)) == {"numpy": "2.4.6", "pillow": "13.0.0"}


def test_an_entry_that_is_no_module_is_an_error(write):
    with pytest.raises(FileNotFoundError, match=r"pack\.run: no such module"):
        write().files(("pack.run",))


def test_no_file_is_parsed_twice_until_it_changes(write, monkeypatch):
    code = write("pack/run.py", "SIZE = 1\n")
    before = code.files(("pack.run",))
    parsed = []
    monkeypatch.setattr(
        module, "read_syntax", lambda content, shown: parsed.append(shown) or read_syntax(content, shown)
    )
    assert write().files(("pack.run",)) == before
    assert parsed == []
    assert write("pack/run.py", "SIZE = 2\n").files(("pack.run",)) != before
    assert parsed == ["pack/run.py"]
