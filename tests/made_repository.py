"""A made-up repository with small modules, two corpora and one benchmark, whose steps are made without any work."""

from dataclasses import replace
from pathlib import Path

from signscale.formats.files import write_text
from signscale.formats.sample import Sample, write_manifest
from signscale.params import Params
from signscale.provenance import records
from signscale.provenance.place import BESIDE, Place

TRAINS = "import torch\nfrom signscale.data.schedule import RATE\n"
MODULES = {  # of the made-up repository
    "acquire/run.py": "import pyarrow\n",
    "fetch/__init__.py": "",
    "corpora/letters.py": "CORPUS = 1\n",
    "corpora/words.py": "CORPUS = 2\n",
    "corpora/audit.py": "AUDIT = 1\n",
    "keypoints/run.py": "import numpy\nfrom signscale.formats.shard import SIZE\n",
    "keypoints/drawing/overlay.py": "COLOUR = 'red'\n",
    "formats/shard.py": "SIZE = 1\n",
    "pack/run.py": "from signscale.formats import shard\n",
    "text/store.py": "import torch\nTOKENS = 128\n",
    "data/masking.py": "RATIO = 0.4\n",
    "data/schedule.py": "RATE = 1\n",
    "pretrain/run.py": TRAINS + "from signscale.data import masking\n",
    "finetune/run.py": TRAINS + "from signscale.tasks import score\n",
    "tasks/score.py": "import numpy\n\n\ndef score():\n    from signscale.tasks import islr, slt\n",
    "tasks/islr.py": "TASK = 'islr'\n",
    "tasks/slt.py": "TASK = 'slt'\n",
    "evaluate/run.py": "import torch\nfrom signscale.tasks import score\n",
    "evaluate/nearest.py": "import numpy\nfrom signscale.evaluate.run import torch\n",
    "ablations/table.py": "TABLE = 1\n",
    "ablations/page.py": "PAGE = 1\n",
    "report/run.py": "from importlib.resources import files\n",
    "report/style.css": "p {}\n",
}
CLIPS = 5  # clips of the made-up corpus, two a shard


def write_rows(place: Place, count: int) -> None:
    rows = [
        Sample(f"letters/{i}", "letters", "train", "ase", "", f"{i}.pose", 0.0, -1.0, 25.0, "A", "a", "A", "mediapipe")
        for i in range(count)
    ]
    write_manifest(place.manifest("letters"), rows)
    write_manifest(place.manifest("words"), [replace(rows[0], sample_id="words/ab", clip="letters/0+letters/1")])


def acquire_again(place: Place, count: int) -> None:
    """What the acquire jobs do in turn when that many clips are listed: the manifests, and their records."""
    for name in ("acquire/letters", "acquire/words"):
        now = Place(place.params, place.root)
        records.settle(now)
        begun = records.begin(now, name)
        write_rows(now, count)
        records.finish(now, name, begun)


def make(place: Place) -> None:
    """What a run does: every step that is not fresh begins, ends and leaves its record, each after those before it."""
    fresh = records.settle(place)
    for name in fresh:
        if not fresh[name]:
            begun = records.begin(place, name)
            if not name.startswith(BESIDE):
                write_text(place.record(name).with_name("weights"), f"of {name}")
            records.finish(place, name, begun)


def stale(place: Place, params: Params | None = None) -> list[str]:
    """The steps that a new run would make again; a step of many is named by its stage and corpus or benchmark."""
    return [n for n, fresh in records.settle(Place(params or place.params, place.root)).items() if not fresh]


def code(place: Place, file: str) -> Path:
    return place.root / "src" / "signscale" / file


def weights(place: Place, name: str = "pretrain") -> Path:
    return place.record(name).with_name("weights")
