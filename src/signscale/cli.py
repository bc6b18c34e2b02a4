"""The command line: one verb a milestone, each a thin call of the function that does the work.

The workflow's rules call these verbs with every path spelled out, and with --step, so that the verb leaves a receipt.
A SignScaleError becomes its line on stderr and exit status 1; Ctrl-C exits with 130. Heavy rooms are imported inside
their verb, so that `signscale --help` answers at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from signscale.errors import SignScaleError
from signscale.params import Params, load_params

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Preset = Annotated[str | None, typer.Option(help="preset laid over params.yaml; default: the one it names")]


_begun: list = []  # arguments of receipts.finish, from the start of a workflow's job


def _params(preset: str | None) -> Params:
    """The params of the workflow's step, if there is one, else those of the preset."""
    if not _begun:
        return load_params(".", preset)
    from signscale.ablations.points import params_of_step

    return params_of_step(_begun[0].params, _begun[1])


def _finish(_: None, **__: str | None) -> None:
    """Write the receipt of the workflow's step once its verb has ended well; of several ranks only the first writes."""
    if _begun and os.environ.get("RANK", "0") == "0":
        from signscale.receipts import finish

        finish(*_begun)


@app.callback(result_callback=_finish)
def _begin(
    step: Annotated[str | None, typer.Option(help="PRESET/STEP of the workflow; it then leaves a receipt")] = None,
) -> None:
    """From raw sign-language video to pre-trained pose models and benchmark tables."""
    if step:
        from signscale.presence import decided
        from signscale.receipts import Place, begin

        preset, _, name = step.partition("/")
        place = Place(decided(load_params(".", preset)))
        _begun[:] = place, name, begin(place, name)


@app.command()
def params(preset: Preset = None) -> None:
    """Check params.yaml and print what it amounts to, as JSON."""
    print(_params(preset).model_dump_json(indent=1))


@app.command()
def acquire(
    corpus: str,
    manifest: Path,
    parts: Annotated[int, typer.Option(help="parts that `fetch` has brought, to be made one; 1: fetch all here")] = 1,
    preset: Preset = None,
) -> None:
    """Fetch a corpus's raw data, write its ledger and its MANIFEST (.parquet) of samples."""
    from signscale.acquire.run import acquire_corpus

    acquire_corpus(_params(preset), corpus, manifest, parts)


@app.command()
def fetch(
    corpus: str,
    part: Annotated[int | None, typer.Option(help="which part of the clips, from 0; default: the annotations")] = None,
    of: Annotated[int, typer.Option(help="number of parts")] = 1,
    preset: Preset = None,
) -> None:
    """Bring a corpus's annotations, or one PART of its clips, where several jobs share the milestone `acquire`."""
    from signscale.acquire.run import fetch_annotations, fetch_part

    if part is None:
        fetch_annotations(_params(preset), corpus)
    else:
        fetch_part(_params(preset), corpus, part, of)


@app.command()
def models(preset: Preset = None) -> None:
    """Fetch the weights of the estimators, which the extraction of pictures needs, into data/models."""
    from signscale.acquire.models import fetch_models

    for path in fetch_models(_params(preset)):
        print(path)


@app.command()
def keypoints(
    source: Annotated[str, typer.Argument(help="a corpus with its MANIFEST; or any one video or folder of frames")],
    manifest: Annotated[Path | None, typer.Argument(help="of the corpus (.parquet)")] = None,
    shard: Annotated[int | None, typer.Argument(help="number of the job")] = None,
    target: Annotated[Path | None, typer.Argument(help="the keypoint shard to write (.h5)")] = None,
    processes: Annotated[int, typer.Option(min=1, help="that share the clips of a job")] = 1,
    overlay: Annotated[Path | None, typer.Option(help="of one clip: a video with the skeleton on it (.mp4)")] = None,
    sheet: Annotated[Path | None, typer.Option(help="of one clip: a contact sheet (.png)")] = None,
    pose: Annotated[Path | None, typer.Option(help="of one clip: a .pose file for the field's other tools")] = None,
    out: Annotated[Path | None, typer.Option(help="of one clip: the numbers (.npz)")] = None,
    fps: Annotated[float, typer.Option(help="frames a second of a folder of frames")] = 0.0,
    estimator: Annotated[
        str | None, typer.Option(help="of one clip: mediapipe or mmpose; default: the preset's")
    ] = None,
    preset: Preset = None,
) -> None:
    """Extract the keypoints of a corpus's job into a shard; or look at one clip: signscale keypoints clip.mp4."""
    if manifest is None:
        from signscale.keypoints.one_clip import Wanted, estimator_wanted, look_at
        from signscale.store.quality import described

        settings = estimator_wanted(_params(preset).keypoints, estimator)
        print(described(look_at(settings, Path(source), Wanted(out, pose, overlay, sheet, fps))))
    elif shard is None or target is None:
        raise SignScaleError("keypoints: a job is a corpus, its manifest, a number and the shard to write")
    else:
        from signscale.corpora import load_corpus
        from signscale.keypoints.environment import enter, environment_of

        settings = _params(preset)
        enter(environment_of(settings.keypoints, load_corpus(source)))
        from signscale.keypoints.extract import extract_shard

        extract_shard(settings, source, manifest, shard, target, processes)


@app.command()
def pack(corpus: str, manifest: Path, out: Path, shards: list[Path], preset: Preset = None) -> None:
    """Gate, trim and compose extracted SHARDS of a corpus into the training shard folder OUT."""
    from signscale.store.pack import pack_corpus

    pack_corpus(_params(preset), corpus, manifest, shards, out)


@app.command()
def text(out: Path, manifests: list[Path], preset: Preset = None) -> None:
    """Encode every distinct sentence of the MANIFESTS with the frozen encoder into the text store OUT (.h5)."""
    from signscale.text.store import build_store

    build_store(_params(preset), manifests, out)


@app.command()
def pretrain(
    out: Path,
    packs: list[Path],
    text: Annotated[Path, typer.Option(help="the text store")],
    scratch: Annotated[Path, typer.Option(help="folder of resume state, kept between runs")],
    preset: Preset = None,
) -> None:
    """Pre-train on the PACKS; a killed run goes on from SCRATCH. OUT gets the model folder and its logs."""
    from signscale.train.pretrain import pretrain as run

    run(_params(preset), packs, text, out, scratch)


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
) -> None:
    """Fine-tune one BENCHMARK from INIT (pretrained or scratch) with one SEED into the folder OUT."""
    from signscale.train.finetune import finetune as run

    run(_params(preset), benchmark, init, seed, pack, text, pretrained, out)


@app.command()
def evaluate(
    benchmark: str,
    model: Path,
    out: Path,
    pack: Annotated[Path, typer.Option(help="folder of the packed corpus")],
    text: Annotated[Path, typer.Option(help="the text store")],
    manifest: Annotated[Path, typer.Option(help="the corpus's manifest: what the test split should hold")],
    preset: Preset = None,
) -> None:
    """Predict and score a BENCHMARK's test split with the fine-tuned MODEL folder into the folder OUT."""
    from signscale.evaluate.run import evaluate as run

    run(_params(preset), benchmark, model, pack, manifest, text, out)


@app.command()
def nearest(
    benchmark: str,
    out: Path,
    pack: Annotated[Path, typer.Option(help="folder of the packed corpus")],
    manifest: Annotated[Path, typer.Option(help="the corpus's manifest: what the test split should hold")],
    preset: Preset = None,
) -> None:
    """Score the nearest-neighbour floor of an isolated recognition BENCHMARK into the folder OUT."""
    from signscale.evaluate.nearest import nearest as run

    run(_params(preset), benchmark, pack, manifest, out)


@app.command()
def ablation(table: str, results: Path, out: Path, preset: Preset = None) -> None:
    """Compare the points of one ablation TABLE, evaluated under RESULTS, and write the figures OUT (.json)."""
    from signscale.ablations.table import write_table

    write_table(_params(preset), table, results, out)


@app.command()
def verdicts(tables: list[Path], out: Path) -> None:
    """Say of each claim of the paper's ablations whether it holds in the TABLES; the page and tables go to OUT."""
    from signscale.ablations.page import write_verdicts

    write_verdicts(tables, out)


@app.command()
def report(results: Path, out: Path, preset: Preset = None) -> None:
    """Make the self-contained report OUT (.html) of everything under RESULTS."""
    from signscale.report.page import write_report

    write_report(_params(preset), results, out)


@app.command()
def score(
    task: Annotated[str, typer.Option(help="islr, cslr, slt or retrieval")],
    hyp: Annotated[Path, typer.Option(help="predictions, one line a sample; retrieval: similarity matrix (.npy)")],
    ref: Annotated[Path, typer.Option(help="the truth, one line a sample")],
    cleanup: Annotated[str, typer.Option(help="of glosses: none, phoenix14 or phoenix14t")] = "none",
    lineage: Annotated[str, typer.Option(help="of WER: python or sclite")] = "python",
    tokenize: Annotated[str, typer.Option(help="for BLEU and ROUGE: 13a, or char for Chinese")] = "13a",
    subsets: Annotated[str, typer.Option(help="of labels that are numbers: none or nmfs_csl")] = "none",
    json: Annotated[Path | None, typer.Option(help="write the metrics here too")] = None,
) -> None:
    """Score anybody's text files, with intervals and signatures.

    Isolated recognition: a line of --hyp holds labels, best first, separated by tabs. Retrieval: row i and column i of
    the matrix belong to line i of --ref; equal lines are one text.
    """
    from signscale.evaluate.remarks import file_remarks
    from signscale.evaluate.score import BY_DEFAULT, Conventions, score_files, shown
    from signscale.files import write_json

    conventions = Conventions(cleanup, lineage, tokenize, subsets, selection="not stated")
    metrics, document = score_files(task, hyp, ref, BY_DEFAULT, conventions)
    if json:
        write_json(json, document)
    for remark in file_remarks(task, hyp, ref):
        print(f"score: {remark}", file=sys.stderr)
    print(shown(metrics))


Model = Annotated[Path, typer.Option(help="folder of a fine-tuned model")]


@app.command()
def predict(
    clips: list[Path],
    model: Model,
    task: Annotated[str | None, typer.Option(help="islr, cslr or slt; refused if the model is of another")] = None,
    json: Annotated[Path | None, typer.Option(help="write the answers here, one JSON line a clip")] = None,
    overlay: Annotated[Path | None, typer.Option(help="of one video: it with skeleton and answer (.mp4)")] = None,
) -> None:
    """Recognise or translate CLIPS (videos or .pose files) with a fine-tuned model, with its confidence."""
    from signscale.predict.answer import predict_files

    predict_files(clips, model, task, json, overlay)


@app.command()
def index(
    out: Path,
    clips: Annotated[list[Path] | None, typer.Argument(help="videos or .pose files")] = None,
    model: Annotated[Path | None, typer.Option(help="folder of a model fine-tuned for retrieval")] = None,
    pack: Annotated[Path | None, typer.Option(help="folder of a packed corpus, with its sentences")] = None,
    split: Annotated[str, typer.Option(help="of the pack: train, dev or test; default: all")] = "",
) -> None:
    """Build the index OUT of CLIPS, or of a packed corpus, for `signscale search`."""
    from signscale.predict.index import build_index, clips_of_files, clips_of_pack
    from signscale.predict.model import SignScale

    if model is None or bool(pack) == bool(clips):
        raise SignScaleError("index: name clips or a --pack, one of the two, and the --model")
    build_index(SignScale.from_pretrained(model), clips_of_pack(pack, split) if pack else clips_of_files(clips), out)


@app.command()
def search(
    text: Annotated[str | None, typer.Argument(help="the sentence to look for")] = None,
    index: Annotated[Path | None, typer.Option(help="folder that `signscale index` wrote")] = None,
    clip: Annotated[Path | None, typer.Option(help="search by this clip instead, for its sentence")] = None,
    model: Annotated[Path | None, typer.Option(help="the index's model, if it was moved")] = None,
    language: Annotated[str, typer.Option(help="sign language (ISO 639-3), if the model knows several")] = "",
    top: Annotated[int, typer.Option(min=1, help="answers shown")] = 10,
) -> None:
    """Find the clips of an index that show TEXT, or its sentences that a clip shows: rank, score, name."""
    from signscale.predict.index import Index

    if index is None or (text is None) == (clip is None):
        raise SignScaleError("search: give a text or a --clip, one of the two, and the --index")
    opened = Index(index, model)
    hits = opened.texts_for(clip, top) if clip else opened.clips_for(text, language, top)
    for hit in hits:
        print(f"{hit.rank:3d}  {hit.score:7.4f}  {hit.name}")


@app.command()
def export(model: Path, out: Path) -> None:
    """Write the encoder of a MODEL folder as OUT (.onnx): any number of clips and frames."""
    from signscale.predict.export import export_encoder
    from signscale.predict.model import SignScale

    export_encoder(SignScale.from_pretrained(model).encoder, out)


@app.command()
def audit(
    manifests: Annotated[list[Path] | None, typer.Argument(help="manifests to audit")] = None,
    expected: Annotated[bool, typer.Option(help="print Tables I and II from official split sizes")] = False,
    pack: Annotated[list[Path] | None, typer.Option(help="folder of a packed corpus, for its clips' lengths")] = None,
    out: Annotated[Path | None, typer.Option(help="write all findings there, as JSON")] = None,
    preset: Preset = None,
) -> None:
    """Check MANIFESTS: the paper's tables, durations, duplicates, dev clips in training, leaks of test material."""
    from signscale.corpora import audit as audits
    from signscale.corpora.sample import read_manifest
    from signscale.files import write_json
    from signscale.store.shard import Shard

    found = {"expected": audits.tables(audits.expected_holdings())} if expected else {}
    if expected:
        print(audits.describe_tables(found["expected"]))
    if manifests:
        samples = [sample for path in manifests for sample in read_manifest(path)]
        lengths = {}
        for folder in pack or []:
            with Shard(folder / "shard.h5") as shard:
                lengths |= dict(zip(shard.ids, shard.lengths().tolist(), strict=True))
        found |= audits.audit(_params(preset), samples, lengths)
        print(audits.describe_tables(found["tables"]), audits.describe_findings(found), sep="\n\n")
    if not found:
        raise SignScaleError("nothing to audit: name manifests, or give --expected")
    if out:
        write_json(out, found)


@app.command()
def ledger(manifests: list[Path], classes: bool = False, preset: Preset = None) -> None:
    """Print how many clips of the MANIFESTS are there, by corpus and split, and with --classes by class."""
    from signscale.acquire.coverage import coverage, describe
    from signscale.corpora.sample import read_manifest

    raw = Path(_params(preset).acquire.raw)
    for manifest in manifests:
        for part in coverage(read_manifest(manifest), raw):
            print(describe(part, classes))


@app.command()
def provenance(results: list[Path]) -> None:
    """Print what RESULTS (files or folders under results/) were made from: params, code, data, packages, machine."""
    from signscale.provenance import provenance as describe

    print("\n\n".join(describe(result) for result in results))


@app.command()
def release(models: list[Path], preset: Preset = None) -> None:
    """Copy current MODELS (folders of pretrain or finetune) to released/ and push them to the released remote."""
    from signscale.presence import decided
    from signscale.receipts import Place
    from signscale.release import announce, release_models

    place = Place(decided(_params(preset)))
    print(announce(place.root, release_models(place, models)))


@app.command()
def hashes(folder: Path) -> None:
    """Print the sha256 of every file under FOLDER, sorted by path: equal runs print equal lines."""
    from signscale.provenance import hashes as lines

    print(*lines(folder), sep="\n")


def main() -> None:
    """Entry point: user errors are one line on stderr, never a traceback."""
    try:
        app(standalone_mode=True)
    except SignScaleError as error:
        print(f"signscale: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("signscale: stopped; run again to go on from here", file=sys.stderr)
        sys.exit(130)
