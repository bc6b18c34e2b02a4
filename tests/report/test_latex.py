"""The tables as LaTeX, set by pdflatex where there is one."""

import shutil
import subprocess

import pytest

from signscale.report import grid

AWKWARD = "50 % & more_or_less | a; {x} #1 $y ~ ^ \\z <q> −1 ±2 – ’"


def test_a_float_is_set_with_its_notes(tmp_path):
    tex = grid.latex_float(AWKWARD, ["Claim", AWKWARD], [[AWKWARD, "1"]], notes=[AWKWARD])
    assert tex.index(r"\end{enumerate}") < tex.index(r"\end{table*}")  # a note stays with its table
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex here: the table was not set (Debian: texlive-latex-base, texlive-latex-recommended)")
    packages = grid.LATEX_NEEDS.partition(r"Needs ")[2].partition(" in")[0]
    page = [r"\documentclass{article}", packages, r"\begin{document}", tex, r"\end{document}"]
    (tmp_path / "page.tex").write_text("\n".join(page), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "page.pdf").stat().st_size > 1000
    assert "Missing character" not in done.stdout
