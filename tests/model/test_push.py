"""A model goes through a hub and comes back the same, through the commands as people call them."""

import json
import os
import shutil
import subprocess
import sys

import local_hub
import pytest
from training_worlds import pretrained, tiny, world  # noqa: F401 - fixtures

from signscale.errors import SignScaleError
from signscale.model.folder import FILES, load_config
from signscale.model.push import check_licences, push, trained_on


@pytest.fixture
def model(pretrained, tmp_path):  # noqa: F811
    """A pre-trained folder with a card, of two corpora that may be passed on."""
    folder = tmp_path / "model"
    shutil.copytree(pretrained, folder)
    about(folder, corpora={"fingerspelling": 3, "signwish": 2})
    (folder / "README.md").write_text('---\nlibrary_name: signscale\n---\nSignScale.from_pretrained("FOLDER")\n')
    (folder / "state.pkl").write_bytes(b"never passed on")
    return folder


def about(folder, **values):
    config = load_config(folder) | values
    (folder / "config.json").write_text(json.dumps(config))


def called(root, address, folder, *arguments) -> subprocess.CompletedProcess:
    """A command of SignScale, or of Python, whose hub is the local one."""
    environment = os.environ | {
        "HF_ENDPOINT": address, "HF_TOKEN": "hf_made", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONPATH": str(root / "src"),
        "HF_HOME": str(folder / "hub"), "OMP_NUM_THREADS": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }  # fmt: skip
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def test_a_model_goes_through_a_hub_and_comes_back_the_same(root, model, tmp_path):
    shutil.copy(root / "params.yaml", tmp_path)
    (tmp_path / "workflow").symlink_to(root / "workflow")
    with local_hub.running() as (address, hub):
        done = called(root, address, tmp_path, "-m", "signscale", "push", str(model), "org/name")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{address}/org/name\n"
        assert sorted(hub.files) == sorted(FILES)
        assert hub.files["README.md"].endswith(b'SignScale.from_pretrained("org/name")\n')
        for name in set(FILES) - {"README.md"}:
            assert hub.files[name] == (model / name).read_bytes()

        use = "from signscale import SignScale; print(SignScale.from_pretrained('org/name').encoder.width)"
        done = called(root, address, tmp_path, "-c", use)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) > 0
        kept = tmp_path / "data" / "raw" / "pretrained" / "org--name"
        assert {path.name: path.read_bytes() for path in kept.iterdir()} == hub.files
        assert [path.name for path in kept.parent.iterdir()] == ["org--name"]

        hub.asked.clear()  # what is here is not asked for again
        done = called(root, address, tmp_path, "-m", "signscale", "pull", "org/name", "out")
        assert done.returncode == 0, done.stderr
        assert hub.asked == []
        assert (tmp_path / "out" / "model.safetensors").read_bytes() == hub.files["model.safetensors"]

        shutil.rmtree(kept)
        del hub.files["preprocessor_config.json"]
        done = called(root, address, tmp_path, "-m", "signscale", "pull", "org/name", "other")
        assert done.stderr == (
            "signscale: org/name: not a model of SignScale: the hub has no preprocessor_config.json of it\n"
        )
        hub.files.clear()
        done = called(root, address, tmp_path, "-m", "signscale", "pull", "org/none", "other")
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("signscale: org/none: no folder here, and the hub does not give such a model (")
        assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("corpus", "line"),
    [
        ("csl_daily", "trained on CSL-Daily, under a research agreement with USTC; it may not be passed on"),
        ("bobsl", "under a BBC research licence"),
        ("my_own", "trained on my_own, whose licence is not known here; it is not passed on"),
    ],
)
def test_a_licence_that_forbids_it_is_a_line_before_anything_is_sent(model, corpus, line):
    about(model, corpora={"signwish": 2, corpus: 5})
    with pytest.raises(SignScaleError, match=line):
        push(model, "org/name")


def test_the_encoders_data_count_and_so_do_published_keypoints(model):
    about(model, kind="finetune", init="pretrained", corpus="signwish", pretrained_on=["csl_daily"])
    assert trained_on(model, load_config(model)) == ["signwish", "csl_daily"]
    with pytest.raises(SignScaleError, match="under a research agreement with USTC"):
        check_licences(model, load_config(model))
    about(model, pretrained_on=[])
    with pytest.raises(SignScaleError, match="does not say what its encoder was trained on"):
        check_licences(model, load_config(model))
    about(model, init="scratch")
    check_licences(model, load_config(model))
    path = model / "preprocessor_config.json"
    content = json.loads(path.read_text())
    content["estimators"] = [{"name": "mediapipe", "version": "hands alone", "clips": 3}]
    path.write_text(json.dumps(content))
    with pytest.raises(SignScaleError, match="landmarks that somebody published without a licence"):
        check_licences(model, load_config(model))
