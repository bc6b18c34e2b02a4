"""The exported encoder computes what torch does, for any number of clips and frames, padded or not."""

import sys

import numpy as np
import pytest
import torch

from signscale.errors import SignScaleError
from signscale.model.encoder import PoseEncoder
from signscale.predict.export import DenseEncoder, export_encoder
from signscale.predict.model import SignScale


def batch(clips, frames, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, frames + 1, clips)
    lengths[0] = frames
    pose = rng.normal(0, 0.3, (clips, frames, 79, 3)).astype(np.float32)
    return pose, np.arange(frames) < lengths[:, None]


def test_onnx_and_torch_agree(folder, tmp_path):
    runtime = pytest.importorskip("onnxruntime", reason="not installed: pip install --no-deps -r envs/base.txt")
    encoder = SignScale.from_pretrained(folder("cslr")).encoder
    export_encoder(encoder, tmp_path / "encoder.onnx")
    session = runtime.InferenceSession(tmp_path / "encoder.onnx")
    for clips, frames in [(1, 1), (1, 40), (3, 17), (2, 256)]:
        pose, valid = batch(clips, frames, frames)
        with torch.no_grad():
            expected = encoder(torch.from_numpy(pose), torch.from_numpy(valid)).numpy()
        (found,) = session.run(["features"], {"pose": pose, "valid": valid})
        np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("changes", [{"branches": "manual"}, {"interpretation": "prose"}, {"embedding": "linear"}])
@pytest.mark.parametrize("summary", [False, True])
@torch.no_grad()
def test_the_dense_encoder_is_the_encoder(world, changes, summary):
    torch.manual_seed(0)
    encoder = PoseEncoder(world.params.pretrain.model.model_copy(update=changes), summary).eval()
    pose, valid = map(torch.from_numpy, batch(3, 9, 0))
    expected = encoder(pose, valid)[:, int(summary) :]
    torch.testing.assert_close(DenseEncoder(encoder)(pose, valid), expected, rtol=0, atol=1e-5)


def test_without_the_onnx_packages_one_line_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        SignScaleError, match=r"^export: onnx is not installed; pip install --no-deps -r envs/base\.txt$"
    ):
        export_encoder(SignScale.from_pretrained(folder("letters")).encoder, tmp_path / "encoder.onnx")
    assert not (tmp_path / "encoder.onnx").exists()
