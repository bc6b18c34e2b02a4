"""One command per stage, as the rules of the workflow call them: with every path spelled out."""

from pathlib import Path
from typing import Annotated

import typer

from signscale.cli.job import Preset, Set, app, check_scratch, leave_record, params_of
from signscale.errors import SignScaleError


@app.command()
def params(preset: Preset = None, changes: Set = None) -> None:
    """Check params.yaml and print all settings as JSON, with the preset applied."""
    print(params_of(preset, changes).model_dump_json(indent=1))


@app.command()
def acquire(
    corpus: str,
    manifest: Path,
    parts: Annotated[
        int, typer.Option(help="number of parts that `fetch` has downloaded, to be merged; 1: download everything now")
    ] = 1,
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Download a CORPUS, and write its ledger and its MANIFEST (.parquet) of samples."""
    from signscale.acquire.run import acquire_corpus
    from signscale.fetch.part import WHOLE

    settings = params_of(preset, changes)
    acquire_corpus(settings, corpus, manifest, parts)
    ledger = WHOLE.ledger(Path(settings.acquire.raw) / corpus)
    ledger = ledger if ledger.is_file() else None  # what was brought by hand may have none
    leave_record("acquire", settings, changes, manifest, f"corpora.{corpus}", ledger=ledger)


@app.command()
def fetch(
    corpus: str,
    part: Annotated[int | None, typer.Option(help="number of the part, from 0; default: only the annotations")] = None,
    of: Annotated[int, typer.Option(help="number of parts")] = 1,
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Download the annotations of a CORPUS, or one part of its clips, where several jobs share the downloads."""
    from signscale.acquire.run import fetch_annotations, fetch_part
    from signscale.fetch.part import WHOLE, Part

    settings = params_of(preset, changes)
    if part is None:
        fetch_annotations(settings, corpus)
    else:
        fetch_part(settings, corpus, part, of)
    ledger = (WHOLE if part is None else Part(part, of)).ledger(Path(settings.acquire.raw) / corpus)
    if ledger.is_file():
        leave_record("fetch", settings, changes, ledger, f"corpora.{corpus}")


@app.command()
def models(preset: Preset = None, changes: Set = None) -> None:
    """Download the weights of the pose estimators into data/models."""
    from signscale.acquire.models import fetch_models

    settings = params_of(preset, changes)
    for path in fetch_models(settings):
        leave_record("models", settings, changes, path)
        print(path)


@app.command()
def keypoints(
    source: Annotated[str, typer.Argument(help="a corpus, or a single video or folder of frames")],
    manifest: Annotated[Path | None, typer.Argument(help="the corpus's manifest (.parquet)")] = None,
    shard: Annotated[int | None, typer.Argument(help="number of the job")] = None,
    target: Annotated[Path | None, typer.Argument(help="the keypoint shard to write (.h5)")] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="number of processes that share the clips, and of CPUs; default: one, any")
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option(help="for a single clip: write a video with the skeleton on it (.mp4)")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="for a single clip: write a contact sheet (.png)")] = None,
    pose: Annotated[Path | None, typer.Option(help="for a single clip: write a .pose file, for other tools")] = None,
    out: Annotated[Path | None, typer.Option(help="for a single clip: write the numbers (.npz)")] = None,
    fps: Annotated[float, typer.Option(help="frames per second of a folder of frames")] = 0.0,
    estimator: Annotated[
        str | None, typer.Option(help="for a single clip: mediapipe, mmpose or onnx; default: the preset's")
    ] = None,
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Extract keypoints: of a single clip (signscale keypoints clip.mp4), or of one job's clips of a corpus."""
    if manifest is None:
        from signscale.formats.quality import described
        from signscale.keypoints.one_clip import Wanted, estimator_wanted, look_at

        settings, wanted = params_of(preset, changes), Wanted(out, pose, overlay, sheet, fps)
        running = estimator_wanted(settings.keypoints, estimator)
        print(described(look_at(running, Path(source), wanted)))
        if made := [path for path in (out, pose, overlay, sheet) if path]:
            used = params_of(preset, [*(changes or []), f"keypoints.estimator={running.name}"])
            leave_record("clip", used, changes, made, f"keypoints.estimators.{running.name}", clip=Path(source))
    elif shard is None or target is None:
        raise SignScaleError(
            "keypoints: give one clip, or a corpus with its manifest, the number of the job and the shard to write"
        )
    else:
        from signscale.corpora import load_corpus
        from signscale.keypoints.estimators.environment import enter, environment_of

        settings = params_of(preset, changes)
        enter(environment_of(settings.keypoints, load_corpus(source)))
        from signscale.cpus import grant
        from signscale.formats import excluded, quality
        from signscale.keypoints.run import extract_shard
        from signscale.provenance.stages import keypoints_plugins

        if processes:
            grant(processes)
        extract_shard(settings, source, manifest, shard, target, processes or 1)
        made = [target, quality.table_beside(target), excluded.beside(target)]
        leave_record("keypoints", settings, changes, made, *keypoints_plugins(settings, source), manifest=manifest)


@app.command()
def pack(
    corpus: str, manifest: Path, out: Path, shards: list[Path], preset: Preset = None, changes: Set = None
) -> None:
    """Filter, trim and compose the extracted SHARDS of a CORPUS into the training shard in the folder OUT."""
    from signscale.pack.run import pack_corpus

    settings = params_of(preset, changes)
    pack_corpus(settings, corpus, manifest, shards, out)
    given = {f"shards/{k}": shard for k, shard in enumerate(shards)}
    leave_record("pack", settings, changes, out, manifest=manifest, **given)


@app.command()
def text(out: Path, manifests: list[Path], preset: Preset = None, changes: Set = None) -> None:
    """Encode every distinct sentence of the MANIFESTS with the frozen text encoder into the text store OUT (.h5)."""
    from signscale.text.store import build_store

    settings = params_of(preset, changes)
    build_store(settings, manifests, out)
    leave_record("text", settings, changes, out, **{f"manifests/{k}": path for k, path in enumerate(manifests)})


@app.command()
def pretrain(
    out: Path,
    packs: list[Path],
    text: Annotated[Path, typer.Option(help="the text store")],
    scratch: Annotated[Path, typer.Option(help="folder for the state of a stopped run, kept between runs")],
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Pre-train on the PACKS; writes the model folder OUT. A stopped run continues from its --scratch folder."""
    from signscale.pretrain.run import pretrain as run

    check_scratch(scratch)
    settings = params_of(preset, changes)
    run(settings, packs, text, out, scratch)
    leave_record("pretrain", settings, changes, out, text=text, **{f"packs/{k}": path for k, path in enumerate(packs)})


@app.command()
def pull(source: str, out: Path, preset: Preset = None, changes: Set = None) -> None:
    """Copy the pre-trained model SOURCE, a folder or org/name of the Hugging Face hub, into the folder OUT."""
    from signscale.model.source import folder_of, take_over

    settings = params_of(preset, changes)
    take_over(source, settings.acquire.raw, out)
    leave_record("pull", settings, changes, out, source=folder_of(source, settings.acquire.raw))


@app.command()
def finetune(
    benchmark: str,
    init: str,
    seed: int,
    out: Path,
    pack: Annotated[Path, typer.Option(help="folder of the packed corpus")],
    text: Annotated[Path, typer.Option(help="the text store")],
    pretrained: Annotated[Path | None, typer.Option(help="folder of the pre-trained model")] = None,
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Fine-tune for one BENCHMARK from INIT (pretrained or scratch) with one SEED; writes the model folder OUT."""
    from signscale.finetune.run import finetune as run

    settings = params_of(preset, changes)
    run(settings, benchmark, init, seed, pack, text, pretrained, out)
    task = settings.finetune.benchmarks[benchmark].task
    leave_record("finetune", settings, changes, out, f"tasks.{task}", pack=pack, text=text, pretrained=pretrained)


@app.command()
def evaluate(
    benchmark: str,
    model: Path,
    out: Path,
    pack: Annotated[Path, typer.Option(help="folder of the packed corpus")],
    text: Annotated[Path, typer.Option(help="the text store")],
    manifest: Annotated[Path, typer.Option(help="the corpus's manifest, to know the full test split")],
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Score a fine-tuned MODEL on the test split of a BENCHMARK; writes metrics and predictions to the folder OUT."""
    from signscale.evaluate.run import evaluate as run

    settings = params_of(preset, changes)
    run(settings, benchmark, model, pack, manifest, text, out)
    task = settings.finetune.benchmarks[benchmark].task
    leave_record(
        "evaluate", settings, changes, out, f"tasks.{task}", model=model, pack=pack, text=text, manifest=manifest
    )


@app.command()
def nearest(
    benchmark: str,
    out: Path,
    pack: Annotated[Path, typer.Option(help="folder of the packed corpus")],
    manifest: Annotated[Path, typer.Option(help="the corpus's manifest, to know the full test split")],
    preset: Preset = None,
    changes: Set = None,
) -> None:
    """Score the nearest-neighbour baseline of an isolated recognition BENCHMARK; writes to the folder OUT."""
    from signscale.evaluate.nearest import nearest as run

    settings = params_of(preset, changes)
    run(settings, benchmark, pack, manifest, out)
    task = settings.finetune.benchmarks[benchmark].task
    leave_record("nearest", settings, changes, out, f"tasks.{task}", pack=pack, manifest=manifest)


@app.command()
def ablation(table: str, results: Path, out: Path, preset: Preset = None, changes: Set = None) -> None:
    """Compare the points of one ablation TABLE that were evaluated under RESULTS; writes the figures to OUT (.json)."""
    from signscale.ablations.table import write_table

    settings = params_of(preset, changes)
    write_table(settings, table, results, out)
    leave_record("ablation", settings, changes, out, results=results)


@app.command()
def verdicts(tables: list[Path], out: Path, preset: Preset = None) -> None:
    """Judge each claim of the paper's ablations by the TABLES; writes a page and tables to the folder OUT."""
    from signscale.ablations.page import write_verdicts

    write_verdicts(tables, out)
    given = {f"tables/{k}": table for k, table in enumerate(tables)}
    leave_record("verdicts", params_of(preset), None, out, **given)


@app.command()
def report(results: Path, out: Path, preset: Preset = None, changes: Set = None) -> None:
    """Write the self-contained report OUT (.html) about everything under RESULTS."""
    from signscale.report.run import write_report

    settings = params_of(preset, changes)
    made = write_report(settings, results, out)
    leave_record("report", settings, changes, made, results=results)
