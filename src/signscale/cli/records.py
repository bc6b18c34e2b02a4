"""Commands about data and results: audit, ledger, provenance, release, hashes."""

import os
from pathlib import Path
from typing import Annotated

import typer

from signscale.cli.job import Preset, app, params_of
from signscale.errors import SignScaleError


@app.command()
def audit(
    manifests: Annotated[list[Path] | None, typer.Argument(help="manifests to audit")] = None,
    expected: Annotated[bool, typer.Option(help="print the paper's Tables I and II from official split sizes")] = False,
    pack: Annotated[
        list[Path] | None, typer.Option(help="folder of a packed corpus, to know the lengths of its clips")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="write all findings to this file (.json)")] = None,
    preset: Preset = None,
) -> None:
    """Check corpora by their MANIFESTS: sizes, durations, duplicates, dev clips in training, leaks of test material."""
    from signscale.corpora import audit as audits
    from signscale.formats.files import write_json
    from signscale.formats.sample import read_manifest
    from signscale.formats.shard import Shard

    found = {"expected": audits.tables(audits.expected_holdings())} if expected else {}
    if expected:
        print(audits.describe_tables(found["expected"]))
    if manifests:
        samples = [sample for path in manifests for sample in read_manifest(path)]
        lengths = {}
        for folder in pack or []:
            with Shard(folder / "shard.h5") as shard:
                lengths |= dict(zip(shard.ids, shard.lengths().tolist(), strict=True))
        found |= audits.audit(params_of(preset), samples, lengths)
        print(audits.describe_tables(found["tables"]), audits.describe_findings(found), sep="\n\n")
    if not found:
        raise SignScaleError("audit: give manifests or --expected")
    if out:
        write_json(out, found)


@app.command()
def ledger(manifests: list[Path], classes: bool = False, preset: Preset = None) -> None:
    """Print how many clips of the MANIFESTS are available, by corpus and split, and with --classes by class."""
    from signscale.acquire.coverage import coverage, describe
    from signscale.acquire.official import results_of
    from signscale.formats.sample import read_manifest

    params = params_of(preset)
    for manifest in manifests:
        samples = read_manifest(manifest)
        made = {name: results_of(params, name, manifest.parent.parent) for name in {s.corpus for s in samples}}
        for part in coverage(samples, Path(params.acquire.raw), made):
            print(describe(part, classes))


@app.command()
def provenance(results: list[Path]) -> None:
    """Print what RESULTS (files or folders under results/) were made from: params, code, data, packages, machine."""
    from signscale.provenance.describe import describe

    print("\n\n".join(describe(result) for result in results))


@app.command()
def release(
    models: list[Path],
    one_shot: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Markdown for the encoder's card: results of one clip a sign"),
    ] = None,
    preset: Preset = None,
) -> None:
    """Copy MODELS (folders under results/ that are up to date) to released/, and push them to its DVC remote."""
    from signscale.provenance.availability import decided
    from signscale.provenance.place import Place
    from signscale.provenance.release import announce, release_models

    place = Place(decided(params_of(preset)))
    print(announce(place.root, release_models(place, models, one_shot)))


@app.command()
def why(
    stage: Annotated[str | None, typer.Argument(help="one stage; default: all")] = None,
    verify: Annotated[bool, typer.Option(help="read every output again, also those of known size and time")] = False,
    preset: Preset = None,
) -> None:
    """Say why a run would make results again: params, code, packages, raw data, damaged outputs."""
    from signscale.provenance.availability import missing_access, without
    from signscale.provenance.outputs import VERIFY
    from signscale.provenance.place import Place
    from signscale.provenance.why import by_stage, reasons

    if verify:
        os.environ[VERIFY] = "1"
    params = params_of(preset)
    lines = list(by_stage(reasons(Place(without(params, missing_access(params)))), stage))
    print("\n".join(lines) or "nothing to do: every result is what the present params, code and data make")


@app.command()
def accept(
    stages: list[str],
    why: Annotated[str, typer.Option(help="the reason, for the record")],
    preset: Preset = None,
) -> None:
    """Say that the edits of code since the results of STAGES were made change no number, so that they stay."""
    from signscale.provenance.availability import missing_access, without
    from signscale.provenance.place import Place
    from signscale.provenance.why import accept as accept_stage
    from signscale.provenance.why import accepted_lines

    params = params_of(preset)
    for stage in stages:
        print(accepted_lines(stage, accept_stage(Place(without(params, missing_access(params))), stage, why)))


@app.command()
def hashes(folder: Path) -> None:
    """Print the sha256 of every file under FOLDER, sorted by path. Equal runs print equal lines."""
    from signscale.provenance.describe import hashes as lines

    print(*lines(folder), sep="\n")
