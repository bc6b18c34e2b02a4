"""Commands for people with a model or with predictions to score: score, push, predict, index, search, export."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from signscale.cli.job import app
from signscale.errors import SignScaleError


@app.command()
def score(
    task: Annotated[str, typer.Option(help="islr, cslr, slt, retrieval, or one of your own")],
    hyp: Annotated[
        Path, typer.Option(help="predictions, one line per sample; retrieval: matrix of texts x clips (.npy)")
    ],
    ref: Annotated[Path, typer.Option(help="the correct answers, one line per sample")],
    cleanup: Annotated[str, typer.Option(help="rules for cleaning glosses: none, phoenix14 or phoenix14t")] = "none",
    scorer: Annotated[str, typer.Option(help="tool that counts word errors: python or sclite")] = "python",
    tokenize: Annotated[str, typer.Option(help="for BLEU and ROUGE: 13a, or char for Chinese")] = "13a",
    subsets: Annotated[
        str, typer.Option(help="also score published subsets of numbered labels: none or nmfs_csl")
    ] = "none",
    json: Annotated[Path | None, typer.Option(help="also write the metrics to this file")] = None,
) -> None:
    """Score the predictions of any system, with intervals and signatures.

    Isolated recognition: each line of --hyp lists labels, best first, separated by tabs. Continuous: also a .ctm with
    a .stm. Retrieval: the rows of the matrix are texts, its columns clips; row i and column i belong to line i of
    --ref; equal lines count as one text.
    """
    from signscale.formats.files import write_json
    from signscale.tasks.score import BY_DEFAULT, score_files, shown
    from signscale.tasks.task import Conventions

    conventions = Conventions(cleanup, scorer, tokenize, subsets, selection="not stated")
    metrics, document, remarks = score_files(task, hyp, ref, BY_DEFAULT, conventions)
    if json:
        write_json(json, document)
    for remark in remarks:
        print(f"score: {remark}", file=sys.stderr)
    print(shown(metrics))


@app.command()
def push(folder: Path, name: Annotated[str, typer.Argument(help="org/name on the hub")]) -> None:
    """Upload the model FOLDER to the Hugging Face hub as NAME, unless a licence of its data forbids that."""
    from signscale.model.push import push as upload

    print(upload(folder, name))


Model = Annotated[Path, typer.Option(help="folder of a fine-tuned model")]


@app.command()
def predict(
    clips: list[Path],
    model: Model,
    task: Annotated[str | None, typer.Option(help="islr, cslr or slt: fail if the model is for another task")] = None,
    json: Annotated[Path | None, typer.Option(help="write the answers to this file, one JSON line per clip")] = None,
    overlay: Annotated[
        Path | None, typer.Option(help="for a single video: write it with skeleton and answer (.mp4)")
    ] = None,
) -> None:
    """Recognise or translate CLIPS (videos or .pose files) with a fine-tuned model; prints answers with confidences."""
    from signscale.predict.answer import predict_files

    predict_files(clips, model, task, json, overlay)


@app.command()
def index(
    out: Path,
    clips: Annotated[list[Path] | None, typer.Argument(help="videos or .pose files")] = None,
    model: Annotated[Path | None, typer.Option(help="folder of a model fine-tuned for retrieval")] = None,
    pack: Annotated[
        Path | None, typer.Option(help="folder of a packed corpus, to index its clips and sentences")
    ] = None,
    split: Annotated[
        str, typer.Option(help="index only this split of the pack: train, dev or test; default: all")
    ] = "",
) -> None:
    """Make CLIPS, or a packed corpus, searchable with `signscale search`: writes the index folder OUT."""
    from signscale.predict.index import index_files, index_pack
    from signscale.predict.model import SignScale

    if model is None or bool(pack) == bool(clips):
        raise SignScaleError("index: give --model, and either clips or --pack")
    searcher = SignScale.from_pretrained(model)
    if pack:
        index_pack(searcher, pack, split, out)
    else:
        index_files(searcher, clips or [], out)


@app.command()
def search(
    text: Annotated[str | None, typer.Argument(help="the sentence to look for")] = None,
    index: Annotated[Path | None, typer.Option(help="folder that `signscale index` wrote")] = None,
    clip: Annotated[
        Path | None, typer.Option(help="find the sentences that this clip shows, instead of clips for TEXT")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="the model of the index, if its folder was moved")] = None,
    language: Annotated[str, typer.Option(help="sign language (ISO 639-3), if the model knows several")] = "",
    top: Annotated[int, typer.Option(min=1, help="number of answers")] = 10,
) -> None:
    """Find the indexed clips that show TEXT, or the indexed sentences that a clip shows; prints rank, score, name."""
    from signscale.predict.index import Index

    if index is None or (text is None) == (clip is None):
        raise SignScaleError("search: give --index, and either a text or --clip")
    opened = Index(index, model)
    hits = opened.texts_for(clip, top) if clip else opened.clips_for(text, language, top)
    for hit in hits:
        print(f"{hit.rank:3d}  {hit.score:7.4f}  {hit.name}")


@app.command()
def export(
    source: Path,
    out: Path,
    format_: Annotated[
        str | None, typer.Option("--format", help="of a packed corpus: webdataset, pose or parquet; OUT is a folder")
    ] = None,
) -> None:
    """Write the encoder of a model folder to OUT (.onnx), or with --format a packed corpus for other tools."""
    if format_:
        from signscale.pack.export import export_pack

        print(f"export: {export_pack(source, out, format_)} clips in {out}", file=sys.stderr)
        return
    from signscale.predict.export import export_encoder
    from signscale.predict.model import SignScale

    export_encoder(SignScale.from_pretrained(source).encoder, out)
