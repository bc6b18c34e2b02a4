"""The table of what decides what: against the imports of the code, and against dvc.yaml."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from signscale.corpora import names
from signscale.formats.machine import LOCK, pins
from signscale.params import load_params
from signscale.provenance.stages import CODE, PACKAGES, STAGES, Step, code_files, fetched, steps

# Entry modules of each stage's verbs, as the command line imports them.
ENTRIES = {
    "acquire": ["acquire.run"],
    "keypoints": ["keypoints.extract"],
    "pack": ["store.pack"],
    "text": ["text.store"],
    "pretrain": ["train.pretrain"],
    "finetune": ["train.finetune"],
    "evaluate": ["evaluate.run", "evaluate.nearest"],
    "report": ["report.page", "corpora.audit"],
    "ablations": ["ablations.table", "ablations.page"],
}
# They check, find or word things, and decide no result.
DECIDE_NOTHING = {"__init__.py", "errors.py", "progress.py", "corpora/__init__.py", "corpora/corpus.py"}
DECIDE_NOTHING |= {f"params/{name}.py" for name in ("__init__", "data", "pretraining", "load", "section", "tasks")}
DECIDE_NOTHING |= {"params/whole.py", "pretrain/speed.py"}
DECIDE_NOTHING.add("keypoints/estimators/environment.py")  # what it chooses stands in the params of each step

# They fetch files whose sha256 is known or noted, draw progress and pictures for people, and check what is read.
ONLY_CARRY = {"requests", "urllib3", "yt-dlp", "tqdm", "rich", "pydantic", "opencv-contrib-python"}
# They run in the environments of MMPose and InterWild, whose whole locks decide (Step.lock).
IN_THEIR_OWN = {f"keypoints/{name}.py" for name in ("hands", "interwild", "mmcv_ops", "mmpose", "weights", "winograd")}


@pytest.fixture(scope="module")
def demo_steps(root) -> dict[str, Step]:
    params = load_params(root, "demo")
    return steps(params, dict.fromkeys(fetched(params), 2))


def module_file(name: str, package: Path) -> Path | None:
    """The file of `signscale.<name>`, if it is a module or a package."""
    base = package / name.replace(".", "/")
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def imported_files(entry: str, package: Path) -> set[str]:
    """Every file of the package that importing `signscale.<entry>` leads to, followed through all imports."""
    found: set[str] = set()
    waiting = [package / f"{entry.replace('.', '/')}.py"]
    while waiting:
        file = waiting.pop()
        relative = file.relative_to(package).as_posix()
        if relative in found:
            continue
        found.add(relative)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("signscale"):
                modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names if alias.name.startswith("signscale")]
            paths = (module_file(m.removeprefix("signscale").removeprefix("."), package) for m in modules)
            waiting += [path for path in paths if path]
    return found


def before(stage: str, known: dict[str, Step]) -> set[str]:
    """The stages whose records a stage's records build on, through any number of steps."""
    found: set[str] = set()
    waiting = [step for step in known.values() if step.stage == stage]
    while waiting:
        for name in waiting.pop().after:
            if known[name].stage not in found:
                found.add(known[name].stage)
                waiting += [step for step in known.values() if step.stage == known[name].stage]
    return found


@pytest.mark.parametrize("stage", [*STAGES, "ablations"])
def test_every_import_of_a_verb_is_in_the_table(stage, root, demo_steps):
    package = root / "src" / "signscale"
    lines = {stage} | before(stage, demo_steps)
    told = {p.relative_to(package).as_posix() for m in lines for p in code_files(CODE[m], package)}
    used = {file for entry in ENTRIES[stage] for file in imported_files(entry, package)}
    assert used - told - DECIDE_NOTHING == set()


@pytest.mark.parametrize("stage", CODE)
def test_every_package_that_decides_is_named_and_pinned(stage, root):
    package = root / "src" / "signscale"
    files = [path for path in code_files(CODE[stage], package) if path.suffix == ".py"]
    files = [path for path in files if path.relative_to(package).as_posix() not in IN_THEIR_OWN]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    tops = {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {"signscale"}
    distributions = packages_distributions()
    imported = {name for top in tops for name in distributions[top]}
    assert imported - set(PACKAGES[stage]) - ONLY_CARRY == set()
    assert set(PACKAGES[stage]) <= set(pins(root / LOCK))


def test_steps_come_after_those_they_build_on(demo_steps):
    place = {name: i for i, name in enumerate(demo_steps)}
    assert all(place[name] < place[step.name] for step in demo_steps.values() for name in step.after)


def test_a_composed_corpus_is_packed_from_the_shards_of_its_base(demo_steps):
    assert demo_steps["pack/fingerspelled_words"].after == (
        "keypoints/fingerspelling/00000",
        "keypoints/fingerspelling/00001",
    )


def test_one_job_fetches_a_corpus_unless_told_otherwise(root):
    params = load_params(root, "paper")
    names = [name for name in steps(params, dict.fromkeys(fetched(params), 1)) if name.startswith("acquire/")]
    assert names == [f"acquire/{corpus}" for corpus in params.acquire.corpora]


def test_jobs_that_share_a_corpus_come_between_its_annotations_and_its_manifest(root):
    alone = load_params(root, "paper")
    shared = alone.model_copy(update={"acquire": alone.acquire.model_copy(update={"fetch_jobs": {"wlasl": 2}})})
    known = steps(shared, dict.fromkeys(fetched(shared), 1))
    assert [name for name in known if name.startswith("acquire/wlasl")] == [
        "acquire/wlasl/annotations",
        "acquire/wlasl/part-00000-of-00002",
        "acquire/wlasl/part-00001-of-00002",
        "acquire/wlasl",
    ]
    assert known["acquire/wlasl/part-00001-of-00002"].after == ("acquire/wlasl/annotations",)
    others = {name: step for name, step in known.items() if not name.startswith("acquire/wlasl/") and name != "report"}
    before = steps(alone, dict.fromkeys(fetched(alone), 1))
    assert others == {name: step for name, step in before.items() if name != "report"}


def test_only_runs_from_pretrained_weights_build_on_pretraining(demo_steps):
    assert "pretrain" in demo_steps["finetune/letters/pretrained-1"].after
    assert "pretrain" not in demo_steps["finetune/letters/scratch-1"].after


def test_the_module_of_one_corpus_decides_no_other(root, demo_steps):
    package = root / "src" / "signscale"
    files = {p.name for p in code_files(demo_steps["acquire/photograph"].code, package)}
    assert "photograph.py" in files
    assert not files & {f"{name}.py" for name in names() if name != "photograph"}


@pytest.mark.parametrize("stage", [m for m in STAGES if m != "acquire"])
def test_dvc_knows_the_same_code(stage, root):
    package = root / "src" / "signscale"
    stage = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]
    entries = [dep.removeprefix("src/signscale/") for dep in stage["deps"] if dep.startswith("src/")]
    lines = {"keypoints": ["acquire", "keypoints"], "report": ["audit", "report"]}.get(stage, [stage])
    told = {path for m in lines for path in code_files(CODE[m], package)}
    finds = {package / "corpora" / "__init__.py"}
    assert set(code_files(tuple(entries), package)) - finds == told - finds


@pytest.mark.parametrize("preset", ["paper", "demo"])
def test_dvc_shows_the_figures_and_curves_of_every_benchmark(preset, root):
    params = load_params(root, preset)
    known = steps(params, dict.fromkeys(fetched(params), 1))
    first = [
        name for name in known if name.startswith(("evaluate/", "finetune/")) and name.endswith(("-1", "/nearest"))
    ]
    content = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))
    shown = {path.removeprefix("results/${preset}/") for path in content["metrics"]}
    shown |= {path.removeprefix("results/${preset}/") for path in content["plots"][0]["finetune"]["y"]}
    files = {"evaluate": "metrics.json", "finetune": "curves.json"}
    assert {f"{name}/{files[name.split('/')[0]]}" for name in first} < shown


def test_dvc_stages_are_the_stages_in_order(root):
    stages = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert list(stages) == list(STAGES[1:])
    assert all(stage["cmd"].endswith(f"}} {name}") for name, stage in stages.items())
    assert all(out == {next(iter(out)): {"persist": True}} for stage in stages.values() for out in stage["outs"])


def test_a_lock_decides_the_keypoints_of_the_corpora_estimated_with_it_only(root):
    params = load_params(root, "paper")
    locks = {
        step.shard[0]: step.lock
        for step in steps(
            params,
            {"wlasl": 1, "bobsl": 1} | {name: None for name in fetched(params) if name not in ("wlasl", "bobsl")},
        ).values()
        if step.shard
    }
    assert locks == {"wlasl": "envs/mmpose.txt", "bobsl": ""}


def test_frames_a_batch_and_idle_estimators_decide_no_keypoints(root):
    params = load_params(root, "paper")
    shards = dict.fromkeys(fetched(params), 1)
    decides = steps(params, shards)["keypoints/wlasl/00000"].params
    assert set(decides) == {"clips_per_shard", "mmpose", "kind", "longest_side", "picture"}
    assert "batch_size" not in decides["mmpose"] and decides["mmpose"]["flip_test"] is True


def test_dvc_pull_stumbles_over_no_result_that_never_was(root):
    """Every result of the preset this repository names is locked, as an empty folder that its own remote holds."""
    stages = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    locked = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    preset = load_params(root).preset
    for name, stage in stages.items():
        wanted = [path.replace("${preset}", preset) for out in stage["outs"] for path in out]
        assert [out["path"] for out in locked[name]["outs"]] == wanted
        assert {out["md5"] for out in locked[name]["outs"]} == {"d751713988987e9331980363e24189ce.dir"}
    stored = root / ".dvc" / "store" / "files" / "md5" / "d7" / "51713988987e9331980363e24189ce.dir"
    assert stored.read_text(encoding="utf-8") == "[]"
