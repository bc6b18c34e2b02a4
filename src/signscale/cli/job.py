"""The app that all commands belong to, and the provenance record of a command that the workflow runs."""

import os
from pathlib import Path
from typing import Annotated

import typer

from signscale.cli.threads import set_threads
from signscale.errors import SignScaleError
from signscale.params import Params, load_params

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Preset = Annotated[str | None, typer.Option(help="preset to lay over params.yaml; default: the one named there")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="a value as params.yaml has it: finetune.islr.epochs=5; may be repeated"
    ),
]

_begun: list = []  # arguments of records.finish, from the start of a workflow's job


def params_of(preset: str | None, changes: list[str] | None = None) -> Params:
    """The params of the workflow's step, if there is one, else those of the preset with the `--set` values on it.

    Raises SignScaleError if a step of the workflow is given other values: it would not be what its record says.
    """
    if not _begun:
        return load_params(".", preset, changes or ())
    if changes:
        raise SignScaleError(
            f"--set {changes[0]}: a job of the workflow takes no --set; write the value into params.yaml or a preset"
        )
    from signscale.ablations.points import params_of_step

    return params_of_step(_begun[0].params, _begun[1])


def check_scratch(scratch: Path) -> None:
    """Raise SignScaleError if a job's folder of resume state is not that of its own params, code and data."""
    if _begun:
        from signscale.provenance.records import fingerprint

        if scratch.name != (own := fingerprint(*_begun[:2])):
            raise SignScaleError(
                f"{scratch}: resume state of another run; that of this run is in {own}; start snakemake again"
            )


def leave_record(
    command: str,
    params: Params,
    changes: list[str] | None,
    made: Path | list[Path],
    *plugins: str,
    **inputs: Path | None,
) -> None:
    """Write the provenance record of what a command made outside the workflow; a step of the workflow has its own.

    plugins: the modules that it used by name, such as `tasks.islr`.
    """
    if not _begun and os.environ.get("RANK", "0") == "0":
        from signscale.provenance.direct import write_direct

        given = {name: path for name, path in inputs.items() if path is not None}
        write_direct(command, params, changes or [], given, plugins, [made] if isinstance(made, Path) else made)


def _finish(_: None, **__: str | None) -> None:
    """Write the provenance record of the workflow's step once its command has succeeded; only the first rank does."""
    if _begun and os.environ.get("RANK", "0") == "0":
        from signscale.provenance.records import finish

        finish(*_begun)


@app.callback(result_callback=_finish)
def _begin(
    context: typer.Context,
    step: Annotated[
        str | None, typer.Option(help="PRESET/STEP of the workflow, to write its provenance record")
    ] = None,
) -> None:
    """Turn sign-language video into pre-trained pose models and benchmark tables."""
    set_threads(context.invoked_subcommand)
    if step:
        from signscale.provenance.availability import decided
        from signscale.provenance.place import Place
        from signscale.provenance.records import begin

        preset, _, name = step.partition("/")
        place = Place(decided(load_params(".", preset)))
        _begun[:] = place, name, begin(place, name)
