"""Two ranks of four clips compute what one rank of eight does, in loss and gradients, however the texts fall."""

import importlib.util
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from signscale.params import load_params

WORKER = Path(__file__).with_name("two_ranks.py")
PAIRED = {
    "even": [0, 1, 2, 3, 4, 5, 6, 7],
    "repeated": [0, 0, 1, 2, 2, 1, 1, 0],  # the same text on both ranks
    "uneven": [0, -1, 1, -1, 2, 3, -1, -1],
    "one_rank_has_none": [0, -1, 1, -1, 1, -1, 2, -1],
    "none_at_all": [-1] * 8,
    "one_clip": [0],  # the second rank holds no clip
}


def global_batch(text_of_clip):
    torch.manual_seed(3)
    clips, texts = len(text_of_clip), max(1, max(text_of_clip) + 1)
    target = torch.randn(clips, 9, 79, 3)
    target[..., 2] = torch.rand(clips, 9, 79)
    valid = torch.arange(9) < torch.tensor([9, 4, 6, 1, 8, 5, 3, 7])[:clips, None]
    touched = (torch.rand(clips, 9, 79) < 0.4) & valid[..., None]
    tokens = torch.arange(4) < torch.randint(1, 5, (texts, 1))
    return {
        "masked": target * ~touched[..., None], "target": target, "touched": touched, "valid": valid,
        "text": torch.randn(texts, 4, 6), "text_valid": tokens, "text_rows": torch.arange(texts) * 3,
        "text_of_clip": torch.tensor(text_of_clip),
    }  # fmt: skip


@pytest.fixture(scope="module")
def worker():
    spec = importlib.util.spec_from_file_location("two_ranks", WORKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def loss(root):
    """The paper's loss, as plain values."""
    return load_params(root, "paper").pretrain.loss.model_dump()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory, loss):
    """What each of two processes computed."""
    folder = tmp_path_factory.mktemp("ranks")
    cases = {f"{case}/{k}": v for case, texts in PAIRED.items() for k, v in global_batch(texts).items()}
    save_file(cases, folder / "given")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    started = []
    for rank in range(2):
        files = folder / "given", folder / f"out{rank}"
        arguments = [WORKER, str(rank), "2", port, *files, json.dumps(loss)]
        started.append(subprocess.Popen([sys.executable, *arguments]))
    assert [process.wait(timeout=500) for process in started] == [0, 0]
    return [load_file(folder / f"out{rank}") for rank in range(2)]


@pytest.mark.parametrize("similarity", ["fine", "coarse"])
@pytest.mark.parametrize("case", PAIRED)
def test_two_ranks_equal_one(case, similarity, ranks, worker, loss):
    given = global_batch(PAIRED[case])
    expected = worker.step(worker.share(given, 0, 1, given["text_rows"]), loss, similarity)
    assert expected["loss"] > 0
    for results in ranks:
        for name, value in expected.items():
            found = results[f"{case}/{similarity}/{name}"]
            torch.testing.assert_close(found, value, rtol=1e-5, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.parametrize("similarity", ["fine", "coarse"])
@pytest.mark.parametrize("case", PAIRED)
def test_a_similarity_shared_over_ranks_has_the_gradients_of_one_that_each_repeats(case, similarity, ranks):
    for rank, results in enumerate(ranks):
        paired = [text for text in PAIRED[case][rank::2] if text >= 0]
        asked = [len(paired)] if max(PAIRED[case]) >= 0 else []
        assert results[f"asked/{case}/{similarity}"].tolist() == asked  # its own clips alone
        start = f"repeated/{case}/{similarity}/"
        names = [name.removeprefix(start) for name in results if name.startswith(start)]
        assert "grad.project_sign.weight" in names
        for name in names:
            shared, repeated = results[f"{case}/{similarity}/{name}"], results[start + name]
            assert (shared - repeated).abs().max() <= 2e-6 * max(1, repeated.abs().max()), name


def test_rows_are_gathered_in_rank_order_and_padded(ranks):
    for results in ranks:
        torch.testing.assert_close(results["rows"], torch.full((1, 2, 2), 1.0))  # rank 0 had none
        assert results["bools"].tolist() == [1, 0]
        assert float(results["sum"]) == 3
