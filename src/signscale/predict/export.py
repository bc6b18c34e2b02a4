"""The encoder as ONNX: keypoints as the network sees them in, sign features out; any number of clips and frames."""

import io
import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from signscale.errors import SignScaleError
from signscale.files import written_whole
from signscale.model.encoder import PoseEncoder

OPSET = 18
NAMES = ("pose", "valid", "features")


class DenseEncoder(nn.Module):
    """The encoder without indexing by the mask, which ONNX cannot trace well: padding is computed and then zeroed."""

    def __init__(self, encoder: PoseEncoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, pose: Tensor, valid: Tensor) -> Tensor:
        """(B, T, 79, 3) and bool (B, T) -> (B, T, width), as PoseEncoder; every clip needs one valid frame."""
        batch, frames = pose.shape[:2]
        streams = dict(zip(("manual", "non_manual"), self.encoder.embedding(pose.flatten(0, 1)), strict=True))
        features = [
            branch(streams[name].view(batch, frames, -1), valid)[:, branch.summary is not None :]
            for name, branch in self.encoder.branches.items()
        ]
        return torch.cat(features, dim=2) * valid[..., None]


def export_encoder(encoder: PoseEncoder, out: Path) -> None:
    """Write the encoder to `out` (.onnx), whole: inputs pose and valid, output features, both axes free.

    Equal weights give equal bytes. Raises SignScaleError if the ONNX packages are not installed.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise SignScaleError(f"export: {error.name} is not installed; pip install --no-deps -r envs/base.txt") from None
    pose, valid = torch.zeros(2, 8, 79, 3), torch.ones(2, 8, dtype=torch.bool)
    free = {0: torch.export.Dim("clips"), 1: torch.export.Dim("frames", max=encoder.max_frames)}
    held = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            DenseEncoder(encoder).eval().cpu(), (pose, valid), dynamo=True, opset_version=OPSET, verbose=False,
            input_names=NAMES[:2], output_names=NAMES[2:], dynamic_shapes=(free, free),
        )  # fmt: skip
    program.save(held)
    with written_whole(Path(out)) as partial:
        partial.write_bytes(held.getvalue())
