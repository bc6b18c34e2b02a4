"""The audit of the published corpora as the page shows it: the paper's Tables I and II, and what was found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signscale.corpora.audit import describe_findings
from signscale.errors import SignScaleError
from signscale.report.results import read_object


@dataclass(frozen=True, slots=True)
class Audit:
    """corpora, languages: rows of Tables I and II from what is here. expected: official clips by corpus, and
    what is to be said of that figure.

    findings: a line each.
    """

    corpora: list[dict[str, Any]]
    languages: list[dict[str, Any]]
    expected: dict[str, tuple[int, str]]
    samples: int
    paper_samples: int
    findings: list[str]


def read_audit(results: Path) -> Audit | None:
    """The audit under `results`, None where there is none. Raises SignScaleError if its file is torn."""
    path = results / "report" / "audit" / "audit.json"
    if not path.exists():
        return None
    found = read_object(path)
    try:
        tables, expected = found["tables"], found["expected"]
        return Audit(
            corpora=tables["corpora"],
            languages=tables["languages"],
            expected={row["corpus"]: (row["clips"], row["note"]) for row in expected["corpora"]},
            samples=tables["samples"],
            paper_samples=tables["paper_samples"],
            findings=describe_findings(found).splitlines(),
        )
    except (KeyError, TypeError) as error:
        raise SignScaleError(f"{path}: no whole audit ({error!r}); run snakemake audit") from None
