"""Word error rate with its substitutions, deletions and insertions, in two scorers that differ by construction.

`python` cleans hypothesis and reference as sentences, then aligns. `sclite` cleans the hypothesis word by word, leaves
the reference raw and hands both to NIST's sclite. On equal words the two count the same (tested).
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from signscale.errors import SignScaleError
from signscale.tasks.metrics.gloss_cleanup import clean_sentence, clean_words
from signscale.tasks.metrics.metric import Measure, Statistic

SCORERS = ("python", "sclite")
SUBSTITUTION, DELETION, INSERTION = 4, 3, 3  # costs of the alignment: sclite's, and those of the field's own code
COLUMNS = ("substitutions", "deletions", "insertions")
DEBIAN_SCLITE = Path("/usr/lib/sctk/bin/sclite")
SEGMENT = 0.01  # seconds a word takes in the files for sclite; only the order counts


def edit_counts(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[int, int, int]:
    """Substitutions, deletions and insertions of the cheapest alignment.

    Among equally cheap ones the path read from the end prefers a match, then a substitution, an insertion, a deletion;
    with costs 4, 3, 3 this choice changes the count of errors, and it is sclite's.
    """
    rows, columns = len(reference), len(hypothesis)
    cost = [[DELETION * i + INSERTION * j for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            differs = SUBSTITUTION * (reference[i - 1] != hypothesis[j - 1])
            cost[i][j] = min(cost[i - 1][j - 1] + differs, cost[i - 1][j] + DELETION, cost[i][j - 1] + INSERTION)
    substitutions = deletions = insertions = 0
    i, j = rows, columns
    while i or j:
        differs = bool(i and j) and reference[i - 1] != hypothesis[j - 1]
        if i and j and cost[i][j] == cost[i - 1][j - 1] + SUBSTITUTION * differs:
            substitutions += differs
            i, j = i - 1, j - 1
        elif j and cost[i][j] == cost[i][j - 1] + INSERTION:
            insertions, j = insertions + 1, j - 1
        else:
            deletions, i = deletions + 1, i - 1
    return substitutions, deletions, insertions


def find_sclite() -> Path:
    """Path of the sclite program; raises SignScaleError saying how to install it."""
    if found := shutil.which("sclite"):
        return Path(found)
    if DEBIAN_SCLITE.is_file():
        return DEBIAN_SCLITE
    raise SignScaleError("sclite: program not found; install it (Debian: apt-get install sctk) or use --scorer python")


def _sclite_version(sclite: Path) -> str:
    usage = subprocess.run([sclite], capture_output=True, text=True, check=False)
    found = re.search(r"sclite Version: (\S+), SCTK Version: (\S+)", usage.stdout + usage.stderr)
    return f"{found[1]}/{found[2]}" if found else "unknown"


def _write_sclite_input(folder: Path, references: list[list[str]], hypotheses: list[list[str]]) -> None:
    """ref.stm and hyp.ctm. Words become w0, w1...: sclite gives ( ) { } / @ and some bytes a meaning of its own.

    Words that differ only in case share a number, since sclite ignores case by default.
    """
    numbers: dict[str, int] = {}

    def coded(words: list[str]) -> list[str]:
        return [f"w{numbers.setdefault(word.lower(), len(numbers))}" for word in words]

    stm, ctm = [], []
    for place, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        end = SEGMENT * (len(hypothesis) + 1)
        stm.append(f"u{place:07d} 1 signer 0.000 {end:.3f} {' '.join(coded(reference))}\n")
        ctm += [
            f"u{place:07d} 1 {SEGMENT * at:.3f} {SEGMENT:.3f} {word}\n" for at, word in enumerate(coded(hypothesis))
        ]
    (folder / "ref.stm").write_text("".join(stm), encoding="ascii")
    (folder / "hyp.ctm").write_text("".join(ctm), encoding="ascii")


def parse_alignments(report: str, expected: int) -> np.ndarray:
    """sclite's `pra` report -> (N, 3) substitutions, deletions, insertions in the order of the files.

    Raises SignScaleError if it does not hold exactly the `expected` utterances u0000000, u0000001...
    """
    found = re.findall(r"^File: u(\d+)\n(?:Channel: .*\n)?Scores: \(#C #S #D #I\) \d+ (\d+) (\d+) (\d+)$", report, re.M)
    if [int(row[0]) for row in found] != list(range(expected)):
        raise SignScaleError(f"sclite: its report holds {len(found)} of {expected} utterances; is it NIST's sclite?")
    return np.array([row[1:] for row in found], dtype=np.int64).reshape(expected, 3)


def sclite_counts(references: list[list[str]], hypotheses: list[list[str]]) -> np.ndarray:
    """(N, 3) substitutions, deletions, insertions counted by sclite; an empty hypothesis is all deletions.

    Raises SignScaleError if sclite is missing or fails.
    """
    sclite = find_sclite()
    with tempfile.TemporaryDirectory(prefix="sclite-") as name:
        folder = Path(name)
        _write_sclite_input(folder, references, hypotheses)
        files = ["-r", "ref.stm", "stm", "-h", "hyp.ctm", "ctm"]
        report = ["-f", "0", "-o", "pra", "-O", ".", "-n", "out"]
        run = subprocess.run([sclite, *files, *report], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode or not (folder / "out.pra").is_file():
            said = (run.stderr.strip() or run.stdout.strip() or "it said nothing").splitlines()[-1]
            raise SignScaleError(f"sclite: ended with status {run.returncode}: {said}")
        return parse_alignments((folder / "out.pra").read_text(encoding="utf-8"), len(references))


def _rate(counts: np.ndarray, words: np.ndarray) -> Statistic:
    """Errors of each item (N,) and its reference words (N,) -> percent of all reference words."""
    return lambda weights: 100 * (weights @ counts) / np.maximum(weights @ words, 1)


def wer_measures(references: Sequence[str], hypotheses: Sequence[str], cleanup: str, scorer: str) -> list[Measure]:
    """WER and the rates of its three kinds of error, over N sentences of glosses separated by spaces.

    cleanup: a name of gloss_cleanup.RULES. scorer: one of SCORERS.
    Raises SignScaleError on an unknown name, on references without any gloss, and if sclite is asked for and missing.
    """
    if scorer == "python":
        ours = [clean_sentence(text, cleanup) for text in hypotheses]
        truth = [clean_sentence(text, cleanup) for text in references]
        counts = np.array([edit_counts(*pair) for pair in zip(truth, ours, strict=True)]).reshape(-1, 3)
        signature = f"scorer:python|cleanup:{cleanup},both sides|case:mixed"
    elif scorer == "sclite":
        ours = [clean_words(text, cleanup) for text in hypotheses]
        truth = [text.split() for text in references]
        counts = sclite_counts(truth, ours)
        signature = f"scorer:sclite|version:{_sclite_version(find_sclite())}|cleanup:{cleanup},hypothesis|case:folded"
    else:
        raise SignScaleError(f"scorer: {scorer!r} is none of {', '.join(SCORERS)}")
    words = np.array([len(glosses) for glosses in truth], dtype=np.int64)
    if len(words) and not words.any():
        raise SignScaleError("references: no gloss is left in any of them after clean-up; check the file and --cleanup")
    signature += f"|costs:S{SUBSTITUTION},D{DELETION},I{INSERTION}|words:{words.sum()}"
    rates = {"wer": counts.sum(axis=1)} | {name: counts[:, at] for at, name in enumerate(COLUMNS)}
    return [Measure(name, _rate(errors, words), len(words), "%", False, signature) for name, errors in rates.items()]
