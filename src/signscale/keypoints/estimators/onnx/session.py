"""An ONNX network on the CPU or the GPU: pictures in batches of one size, its outputs as arrays."""

import zipfile
from pathlib import Path

import numpy as np
import onnxruntime

from signscale.cpus import available_cpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators.weights_file import verified
from signscale.params.weights import WeightsParams

_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class Network:
    """A network of one input, pictures (n, 3, height, width).

    Raises SignScaleError if its file is absent, has another sha256, or is no such network.
    """

    def __init__(self, weights: WeightsParams, batch_size: int, threads: int | None = None):
        path, _ = verified(weights)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or available_cpus()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # two networks share the processor
        options.log_severity_level = 3
        here = set(onnxruntime.get_available_providers())
        providers = [name for name in _PROVIDERS if name in here]
        try:
            self._session = onnxruntime.InferenceSession(_content(path), options, providers=providers)
        except Exception as error:  # its classes have no common base
            reason = str(error).splitlines()[0]
            raise SignScaleError(f"{path}: onnxruntime cannot read it ({reason}); bring it again") from error
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) for side in shape[2:]):
            raise SignScaleError(f"{path}: takes {shape}, not pictures (n, 3, height, width); name another model")
        self.path, self.height, self.width = path, *shape[2:]
        self._input = inputs[0].name
        self._batch = shape[0] if isinstance(shape[0], int) else batch_size

    def outputs(self, pictures: np.ndarray) -> list[np.ndarray]:
        """Every output of the pictures float32 (n, 3, height, width), n first.

        Always computes whole batches, the last filled up, so that a picture's numbers do not depend on its neighbours.
        """
        parts = []
        for start in range(0, len(pictures), self._batch):
            part = pictures[start : start + self._batch]
            filled = np.concatenate([part, np.repeat(part[:1], self._batch - len(part), axis=0)])
            parts.append([array[: len(part)] for array in self._session.run(None, {self._input: filled})])
        return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


def _content(path: Path) -> bytes:
    """The model's bytes; of an archive those of the .onnx file in it."""
    if path.suffix != ".zip":
        return path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".onnx")]
            if len(names) != 1:
                raise SignScaleError(f"{path}: has {len(names)} .onnx files, expected one; name the model's own file")
            return archive.read(names[0])
    except zipfile.BadZipFile as error:
        raise SignScaleError(f"{path}: not a whole archive ({error}); bring it again") from error
