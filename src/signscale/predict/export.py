"""The encoder as ONNX: keypoints as the network sees them in, sign features out; any number of clips and frames."""

import io
import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.errors import SignScaleError
from signscale.formats.files import check_writable, written_whole
from signscale.model.encoder import PoseEncoder
from signscale.model.packing import attention

OPSET = 18
NAMES = ("pose", "valid", "features")


class Dense:
    """A batch as signscale.model.packing.Packing would give it to the encoder, but with every place a row.

    Indexing by the mask is what ONNX cannot trace well. Padding is computed on too, and never looked at.
    """

    def __init__(self, valid_BT: Tensor, summary: bool = False):
        clips, frames = valid_BT.shape
        self.keys = F.pad(valid_BT, (1, 0), value=True) if summary else valid_BT
        self.times = torch.arange(frames, device=valid_BT.device).expand(clips, frames).reshape(-1)

    def lead(self, x: Tensor, summary_D: Tensor) -> Tensor:
        """(B x T, D) -> (B x (1 + T), D) with the summary in front of each clip."""
        clips, rows = self.keys.shape
        x_BTD = x.view(clips, rows - 1, -1)
        return torch.cat([summary_D.expand(clips, 1, -1), x_BTD], dim=1).flatten(0, 1)

    def attend(self, query_key_value: Tensor, heads: int) -> Tensor:
        """(B x T, 3 D) -> (B x T, D)."""
        clips, rows = self.keys.shape
        return attention(query_key_value.view(clips, rows, -1), heads, self.keys[:, None, None])


class DenseEncoder(nn.Module):
    """The encoder on the padded batch as it comes; what it makes of padding is then zeroed."""

    def __init__(self, encoder: PoseEncoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, pose: Tensor, valid: Tensor) -> Tensor:
        """(B, T, 79, 3) and bool (B, T) -> (B, T, width), as PoseEncoder; every clip needs one valid frame."""
        clips, frames = pose.shape[:2]
        streams = dict(zip(("manual", "non_manual"), self.encoder.embedding(pose.flatten(0, 1)), strict=True))
        dense = Dense(valid, self.encoder.summary)
        rows = [branch(streams[name], dense) for name, branch in self.encoder.branches.items()]
        features = torch.cat(rows, dim=1).view(clips, frames + self.encoder.summary, -1)
        return features[:, int(self.encoder.summary) :] * valid[..., None]


def export_encoder(encoder: PoseEncoder, out: Path) -> None:
    """Write the encoder to `out` (.onnx), whole: inputs pose and valid, output features, both axes free.

    Equal weights give equal bytes. Raises SignScaleError if the ONNX packages are not installed.
    """
    check_writable(Path(out))
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
