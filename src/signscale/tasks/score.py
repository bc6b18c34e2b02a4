"""Scores of predictions: our own prediction lines, a similarity matrix, or anybody's text files, one line a sample.

A prediction line is a mapping with `sample_id` and, by task:
islr: `label`, `ranked` (labels, best first) and, if known, their `probabilities`;
cslr and slt: `language`, `reference`, `hypothesis`; glosses are separated by spaces;
retrieval: `text_id`, `t2v_rank`, `v2t_rank` (see retrieval.retrieval_ranks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signscale.errors import SignScaleError
from signscale.formats.files import sha256
from signscale.params import BenchmarkParams, EvaluateParams
from signscale.tasks.metrics.accuracy import accuracy_measures, rank_in_list
from signscale.tasks.metrics.bootstrap import measured
from signscale.tasks.metrics.metric import Coverage, Measure, Metric, metrics_document
from signscale.tasks.metrics.retrieval import duplicates_named, rank_measures, retrieval_ranks
from signscale.tasks.metrics.translation import tokenizer_for, translation_measures
from signscale.tasks.metrics.wer import wer_measures

TASKS = ("islr", "cslr", "slt", "retrieval")
BY_DEFAULT = EvaluateParams(bootstrap=2000, confidence=0.95)  # for files scored outside of any project
Prediction = Mapping[str, Any]


@dataclass(frozen=True)
class Conventions:
    """The choices that make published numbers disagree; each of them stands in the signature.

    cleanup: rules for glosses (gloss_cleanup.RULES). scorer: of WER (wer.SCORERS). tokenize: for BLEU and ROUGE
    (translation.TOKENIZERS), None to choose by the language. subsets: of labels (accuracy.SUBSETS).
    selection: the split that chose the checkpoint. shots: labelled clips a class trained on, 0 for all there were.
    """

    cleanup: str = "none"
    scorer: str = "python"
    tokenize: str | None = None
    subsets: str = "none"
    selection: str = "dev"
    shots: int = 0


STANDARD = Conventions()


def conventions_of(benchmark: BenchmarkParams) -> Conventions:
    """The conventions of a benchmark, by which its dev is measured and its test is scored."""
    return Conventions(
        benchmark.cleanup, benchmark.scorer, None, benchmark.subsets, benchmark.select_on, benchmark.shots
    )


def _column(predictions: Sequence[Prediction], key: str) -> list[Any]:
    """One field of every line; raises SignScaleError naming the first sample without it."""
    for line in predictions:
        if key not in line:
            raise SignScaleError(f"{line.get('sample_id', 'a line')}: {key!r} is missing from the prediction")
    return [line[key] for line in predictions]


def _references(predictions: Sequence[Prediction]) -> list[str]:
    references = _column(predictions, "reference")
    for line in predictions:
        if not line["reference"].strip():
            raise SignScaleError(f"{line['sample_id']}: the reference is empty; give its text or leave the sample out")
    return references


def measures_of(task: str, predictions: Sequence[Prediction], conventions: Conventions) -> list[Measure]:
    """Everything that is measured of a task's prediction lines. Raises SignScaleError on lines that do not fit."""
    if task == "islr":
        labels, ranked = _column(predictions, "label"), _column(predictions, "ranked")
        shares = [line.get("probabilities") for line in predictions]
        ranks = [rank_in_list(*item) for item in zip(ranked, labels, shares, strict=True)]
        classes = sorted({*labels, *(label for row in ranked for label in row)})
        return accuracy_measures(ranks, labels, classes, conventions.subsets)
    if task == "cslr":
        references, hypotheses = _references(predictions), _column(predictions, "hypothesis")
        return wer_measures(references, hypotheses, conventions.cleanup, conventions.scorer)
    if task == "slt":
        references, hypotheses = _references(predictions), _column(predictions, "hypothesis")
        tokenize = conventions.tokenize or tokenizer_for(_column(predictions, "language"))
        return translation_measures(references, hypotheses, tokenize)
    if task == "retrieval":
        ranks = [np.array(_column(predictions, key), dtype=np.int64) for key in ("t2v_rank", "v2t_rank")]
        return rank_measures(*ranks, duplicates_named(_column(predictions, "text_id")))
    raise SignScaleError(f"task: {task!r} is none of {', '.join(TASKS)}")


def _metrics(
    measures: Sequence[Measure], evaluate: EvaluateParams, coverage: Coverage, conventions: Conventions
) -> dict[str, Metric]:
    context = f"selection:{conventions.selection}|coverage:{coverage.present}/{coverage.expected}"
    context += f"|shots:{conventions.shots}" if conventions.shots else ""
    return {one.name: measured(one, evaluate.bootstrap, evaluate.confidence, context) for one in measures}


def score_predictions(
    task: str,
    predictions: Sequence[Prediction],
    evaluate: EvaluateParams,
    coverage: Coverage,
    conventions: Conventions = STANDARD,
) -> dict[str, Metric]:
    """Every metric of a task by name. Raises SignScaleError on lines that do not fit, or if there are none."""
    if len(predictions) != coverage.present:
        raise SignScaleError(
            f"coverage: {coverage.present} clips are said to be present, {len(predictions)} were scored"
        )
    return _metrics(measures_of(task, predictions, conventions), evaluate, coverage, conventions)


def score_retrieval(
    similarity: np.ndarray,
    text_ids: Sequence[str],
    clip_text_ids: Sequence[str],
    evaluate: EvaluateParams,
    coverage: Coverage,
    conventions: Conventions = STANDARD,
) -> dict[str, Metric]:
    """Retrieval metrics of a similarity matrix (texts, clips); equal ids are the same text."""
    ranks = retrieval_ranks(similarity, text_ids, clip_text_ids)
    return _metrics(rank_measures(*ranks, duplicates_named(text_ids)), evaluate, coverage, conventions)


def read_lines(path: Path) -> list[str]:
    """Lines of a UTF-8 file, empty ones kept, since each is a sample. Raises SignScaleError if it cannot be read."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise SignScaleError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except UnicodeDecodeError as error:
        raise SignScaleError(f"{path}: byte {error.start} is not UTF-8; convert the file to UTF-8") from None
    return [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]


def _read_similarity(path: Path) -> np.ndarray:
    try:
        similarity = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise SignScaleError(f"{path}: not a matrix written by numpy.save ({str(error).splitlines()[0]})") from None
    if not isinstance(similarity, np.ndarray) or not np.issubdtype(similarity.dtype, np.number):
        raise SignScaleError(f"{path}: not a matrix of numbers; write it with numpy.save")
    return similarity


def predictions_of(task: str, hyp: Path, ref: Path) -> list[Prediction]:
    """Prediction lines of two text files; the language of the texts is not known from them."""
    references, hypotheses = read_lines(ref), read_lines(hyp)
    if len(references) != len(hypotheses):
        raise SignScaleError(f"{hyp}: {len(hypotheses)} lines, but {ref} has {len(references)}; one line a sample")
    pairs = zip(references, hypotheses, strict=True)
    if task == "islr":
        split = ((truth.strip(), [label.strip() for label in ours.split("\t")]) for truth, ours in pairs)
        return [{"sample_id": f"{ref} line {at}", "label": t, "ranked": r} for at, (t, r) in enumerate(split, start=1)]
    return [
        {"sample_id": f"{ref} line {at}", "language": "", "reference": truth, "hypothesis": ours}
        for at, (truth, ours) in enumerate(pairs, start=1)
    ]


def score_files(
    task: str, hyp: Path, ref: Path, evaluate: EvaluateParams, conventions: Conventions
) -> tuple[dict[str, Metric], dict[str, Any]]:
    """Score two files, one line a sample; returns the metrics and the content of a metrics.json.

    islr: labels best first, separated by tabs, against one label. cslr and slt: sentences. retrieval: hyp is a
    matrix (texts, clips) of numpy.save, and line i of ref is the text of both row i and clip i.
    Raises SignScaleError on files that do not fit.
    """
    if task == "retrieval":
        texts = read_lines(ref)
        coverage = Coverage(len(texts), len(texts))
        metrics = score_retrieval(_read_similarity(hyp), texts, texts, evaluate, coverage, conventions)
    else:
        predictions = predictions_of(task, hyp, ref)
        coverage = Coverage(len(predictions), len(predictions))
        metrics = score_predictions(task, predictions, evaluate, coverage, conventions)
    inputs = {"hyp": sha256(hyp), "ref": sha256(ref)}
    return metrics, metrics_document(ref.stem, "", metrics, coverage, inputs)


def shown(metrics: Mapping[str, Metric]) -> str:
    """The metrics as lines of text: name, value, interval, unit, n, signature."""
    width = max(len(name) for name in metrics)
    return "\n".join(
        f"{name:{width}}  {metric.value:7.2f} [{metric.low:.2f}, {metric.high:.2f}] {metric.unit}  n={metric.n}  "
        f"{metric.signature}"
        for name, metric in metrics.items()
    )
