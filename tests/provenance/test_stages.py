"""The steps and what decides them, on this repository's own code; and that dvc.yaml says the same."""

from importlib.metadata import packages_distributions

import pytest
import yaml

from signscale.corpora import names
from signscale.formats.machine import LOCK, pins
from signscale.params import load_params
from signscale.provenance.code import _IMPORTED_AS, Code, _normal
from signscale.provenance.stages import STAGES, Step, fetched, steps


@pytest.fixture(scope="module")
def demo_steps(root) -> dict[str, Step]:
    params = load_params(root, "demo")
    return steps(params, dict.fromkeys(fetched(params), 2))


def all_entries(root) -> dict[str, tuple[str, ...]]:
    """What each kind of step of both presets starts from."""
    found = {}
    for preset in ("paper", "demo"):
        params = load_params(root, preset)
        found |= {step.name: step.entries for step in steps(params, dict.fromkeys(fetched(params), 1)).values()}
    return found


def test_the_code_of_every_step_is_found(root):
    code = Code(root)
    assert all(code.files(entries) for entries in all_entries(root).values())


def test_every_package_that_a_step_imports_is_pinned_or_of_another_environment(root):
    code, pinned = Code(root), {name.lower().replace("_", "-") for name in pins(root / LOCK)}
    imported = {
        top
        for name, entries in all_entries(root).items()
        if not name.startswith("keypoints/")
        for module in code.modules(entries)
        for top in code._read(code._file(module))["packages"]
    }
    names = {_normal(_IMPORTED_AS.get(top, top)) for top in imported}
    assert names - pinned == set()
    distributions = packages_distributions()
    assert names == {_normal(distribution) for top in imported for distribution in distributions[top]}


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
    files = Code(root).files(demo_steps["acquire/photograph"].entries)
    assert "corpora/photograph.py" in files
    assert not set(files) & {f"corpora/{name}.py" for name in names() if name != "photograph"}


@pytest.mark.parametrize("stage", STAGES[1:])
def test_dvc_depends_on_every_folder_that_decides(stage, root):
    known = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    folders = {dep.removeprefix("src/signscale/") for dep in known[stage]["deps"] if dep.startswith("src/")}
    lines = {"keypoints": ("acquire/", "keypoints/")}.get(stage, (f"{stage}/", stage))
    code = Code(root)
    used = {e for name, e in all_entries(root).items() if name.startswith(lines)}
    assert {file.split("/")[0] for entries in used for file in code.files(entries)} == folders


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
    assert set(decides["keypoints"]) == {"clips_per_shard", "mmpose"}
    assert set(decides["corpus"]) == {"kind", "longest_side", "picture"}
    assert "batch_size" not in decides["keypoints"]["mmpose"]
    assert decides["keypoints"]["mmpose"]["flip_test"] is True


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
