"""A task is one file: the four there are say all that is asked of them, and a user's own is taken where it lies."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from signscale.errors import SignScaleError
from signscale.params import load_params, validate
from signscale.tasks import TASKS, load_task
from signscale.tasks.score import STANDARD, measures_of

LINES = {
    "islr": [{"sample_id": "a", "label": "0", "ranked": ["0", "1"]}],
    "cslr": [{"sample_id": "a", "language": "gsg", "reference": "A", "hypothesis": "A"}],
    "slt": [{"sample_id": "a", "language": "gsg", "reference": "a", "hypothesis": "a"}],
    "retrieval": [{"sample_id": "a", "text_id": "0", "t2v_rank": 1, "v2t_rank": 1}],
}

OWN = """
from signscale.tasks.islr import Islr


class Handshape(Islr):
    name = "handshape"
    title = "Handshape recognition"


TASK = Handshape()
"""


def test_the_tasks_are_found_and_no_other_module():
    assert TASKS.names() == ["cslr", "islr", "retrieval", "slt"]
    assert all(load_task(name).name == name for name in TASKS.names())


@pytest.mark.parametrize("name", LINES)
def test_every_metric_that_is_measured_has_a_title_and_the_paper_names_real_ones(name):
    task = load_task(name)
    measured = {one.name for one in measures_of(name, LINES[name], STANDARD)}
    assert measured <= set(task.metrics)
    assert task.measure in measured
    assert set(task.published.metrics.values()) <= set(task.metrics)
    assert task.published.ablated in task.published.benchmarks.values()


def test_the_measures_are_called_as_the_paper_does():
    names = {name: load_task(name).measure_name for name in TASKS.names()}
    assert names == {"islr": "per-instance top-1", "cslr": "WER", "slt": "BLEU-4", "retrieval": "T2V R@1"}


def test_a_benchmark_of_an_unknown_task_is_one_line(root):
    content = load_params(root, "demo").model_dump(mode="json")
    content["finetune"]["benchmarks"]["letters"]["task"] = "dance"
    line = "finetune.benchmarks.letters.task: task 'dance' is unknown; there are cslr, islr, retrieval, slt"
    with pytest.raises(SignScaleError, match=line) as error:
        validate(content, "test")
    assert "\n" not in str(error.value)


def test_params_load_neither_torch_nor_a_metric(root):
    asked = "import sys; from signscale.params import load_params; load_params('.', 'demo'); print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    run = subprocess.run([sys.executable, "-c", asked], cwd=root, env=env, stdout=subprocess.PIPE, check=True)
    assert not {"torch", "sacrebleu", "sentencepiece"} & set(run.stdout.decode().split())


def test_a_task_of_ones_own_is_a_file_and_has_a_recipe_and_benchmarks(root, tmp_path):
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "handshape.py").write_text(OWN)
    shutil.copytree(root / "workflow" / "presets", tmp_path / "workflow" / "presets")
    mine = """
over: demo
finetune:
  benchmarks: {shapes: {corpus: fingerspelling, task: handshape, train_splits: [train], shots: 1}}
  handshape: {frames: 8, label_smoothing: 0.0}
"""
    (tmp_path / "workflow" / "presets" / "mine.yaml").write_text(mine)
    shutil.copy(root / "params.yaml", tmp_path)
    asked = """
import json
from signscale.params import load_params
from signscale.provenance.stages import baselines
from signscale.tasks import load_task
params = load_params(".", "mine")
task = load_task("handshape")
print(json.dumps([params.finetune.recipe("handshape").frames, params.finetune.handshape.dev_every, task.title,
                  baselines(params)]))
"""
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    run = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, env=env, stdout=subprocess.PIPE, check=True)
    assert json.loads(run.stdout) == [8, 1, "Handshape recognition", ["letters", "letters_one_shot", "shapes"]]
