"""What is known before the first job: whether a model taken over fits, benchmarks have their splits, and the tables of
the ablations can be compared."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyarrow.compute as pc

from signscale.ablations import points
from signscale.corpora import load_corpus
from signscale.corpora.parts import in_subset
from signscale.errors import SignScaleError
from signscale.formats.sample import Sample, read_table
from signscale.keypoints.estimators.choice import estimators_of
from signscale.model.folder import load_config
from signscale.model.preprocessing import check_handedness, load_preprocessing
from signscale.model.source import check_is_pretrained, fetch_model, folder_of, is_of_hub
from signscale.params import ModelParams, Params, checked
from signscale.provenance.place import Place
from signscale.tasks import load_task


def model_lines(params: Params) -> list[str]:
    """One line for each remark on the model that a run takes over (pretrain.from); none if the run pre-trains.

    Raises SignScaleError if the model is not here, not of pre-training, or was trained on clips mirrored otherwise.
    """
    start, raw = params.pretrain.start, params.acquire.raw
    if not start:
        return []
    if is_of_hub(start) and not folder_of(start, raw).is_dir():
        return [f"pretrain.from: {start} is not here yet; its job downloads it from the Hugging Face hub"]
    folder = fetch_model(start, raw)
    check_is_pretrained(folder)
    check_handedness(folder, params.pack.handedness)
    size = checked(ModelParams, load_config(folder).get("model"), f"{folder}/config.json: model").model_dump()
    ours = params.pretrain.model.model_dump()
    lines = []
    if others := [f"{key} {size[key]} in place of {ours[key]}" for key in size if size[key] != ours[key]]:
        lines.append(f"pretrain.from: the network is that of {start}: {', '.join(others)}")
    known = {one.name for one in load_preprocessing(folder).estimators}
    used = {one.name for name in params.acquire.corpora for one in estimators_of(params.keypoints, load_corpus(name))}
    if used - known:
        lines.append(
            f"pretrain.from: {start} was trained on keypoints of {', '.join(sorted(known))}, this run's are of "
            f"{', '.join(sorted(used))}; expect less of it"
        )
    return lines


def missing_split(params: Params, benchmark: str, root: Path = Path()) -> str:
    """One line if a benchmark needs a split that its corpus does not have, else "". Also "" if the splits are not
    known: that takes a manifest, or, for a corpus of your own, its annotations.
    """
    settings = params.finetune.benchmarks[benchmark]
    task = load_task(settings.task)
    samples = _samples_with(task.needs, params, settings.corpus, root)
    if samples is None:
        return ""
    there = {one.split for one in samples if task.has_target(one) and in_subset(one, settings.subset)}
    where = f"finetune.benchmarks.{benchmark}: {settings.corpus} has no"
    if not there & set(settings.train_splits):
        return f"{where} {' or '.join(settings.train_splits)} clip with a {task.needs} to train on; mark some so"
    if settings.select_on == "dev" and "dev" not in there:
        return f"{where} dev clip, by which the epoch is chosen; mark some clips dev, or set select_on: last"
    if "test" not in there:
        return f"{where} test clip, so nothing can be scored; mark some clips test"
    return ""


def ablation_lines(params: Params, tables: Iterable[str]) -> list[str]:
    """One line on the benchmarks that are missing from the ablations over these tables; none if they are all there.

    Raises SignScaleError if the tables cannot be compared (points.check), or if no benchmark is left.
    """
    points.check(params, tables)
    here = points.benchmarks(params)
    if not here:
        raise SignScaleError(f"ablations: none of {', '.join(params.ablations.benchmarks)} is a benchmark of this run")
    gone = [name for name in params.ablations.benchmarks if name not in here]
    return [f"ablations: without {', '.join(gone)}, which this run does not have"] if gone else []


def _samples_with(needs: str, params: Params, name: str, root: Path) -> Iterable[Sample] | None:
    """The samples of a corpus as far as they are known before any job; None if they are not.

    Of a manifest, one sample for each split and label of those that have the column `needs`: a plan asks for each run.
    """
    place, corpus = Place(params, root), load_corpus(name)
    if place.has_manifest(name):
        path = place.manifest(name)
        return [_example(name, split, label, needs) for split, label in _classes(path, path.stat().st_mtime_ns, needs)]
    own = corpus.access == "manual" and not getattr(corpus, "official", None) and place.raw(name).is_dir()
    return corpus.samples(root / params.acquire.raw) if own else None


@cache
def _classes(manifest: Path, written: int, needs: str) -> list[tuple[str, str]]:
    """The pairs of split and label of a manifest among its rows that have the column `needs`."""
    table = read_table(manifest, list(dict.fromkeys(["split", "label", needs])))
    there = table.filter(pc.not_equal(table[needs], "")).group_by(["split", "label"]).aggregate([])
    return list(zip(there["split"].to_pylist(), there["label"].to_pylist(), strict=True))


def _example(corpus: str, split: str, label: str, needs: str) -> Sample:
    """A sample of which only what is given is known; `needs` is said to be there."""
    known = {"corpus": corpus, "split": split, needs: "known", "label": label}
    texts = dict.fromkeys(("sample_id", "language", "signer", "clip", "gloss", "text", "view"), "")
    return Sample(**(texts | {"start": 0.0, "end": -1.0, "fps": 0.0} | known))
