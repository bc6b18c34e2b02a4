"""The weights of a model folder: written, read, and filled into a module."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from signscale.errors import SignScaleError
from signscale.formats.files import write_json, written_whole
from signscale.formats.reading import reading
from signscale.model.folder import TOKENIZER


def save_model(folder: Path, weights: dict[str, Tensor], config: dict[str, Any], tokenizer: bytes = b"") -> None:
    """Write the files whole; the config last, so that a folder with one is complete. tokenizer: of sentencepiece."""
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(folder / "model.safetensors") as partial:
        # Written by us: the library's own writer leaves the file readable by its owner alone.
        partial.write_bytes(
            save({name: tensor.detach().cpu().contiguous() for name, tensor in sorted(weights.items())})
        )
    if tokenizer:
        with written_whole(folder / TOKENIZER) as partial:
            partial.write_bytes(tokenizer)
    write_json(folder / "config.json", config)


def load_weights(folder: Path) -> dict[str, Tensor]:
    """The weights of a model folder; raises SignScaleError if they are torn or absent, or one of them is no number."""
    path = Path(folder) / "model.safetensors"
    with reading(path, "a whole file of weights", "train or pull it again", also=(SafetensorError,)):
        weights = load_file(path)
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise SignScaleError(f"{path}: {name} has values that are NaN or infinite; train or pull it again")
    return weights


class WithoutValues(TorchFunctionMode):
    """Within this block modules are made without their random start, which weights from a file are to replace.

    At the paper's size the random numbers cost more than half a second.
    """

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Leave out what torch.nn.init does; its functions are given, and return, the tensor to fill."""
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def fill(module: nn.Module, weights: dict[str, Tensor], prefix: str, source: Path, assign: bool = False) -> None:
    """Load the weights under `prefix` into a module; raises SignScaleError naming the first that does not fit.

    assign: the module then has those tensors themselves, uncopied, which is for reading, not for training.
    """
    part = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    wanted = module.state_dict()
    for name, value in wanted.items():
        if name not in part or part[name].shape != value.shape:
            found = "absent" if name not in part else f"{tuple(part[name].shape)}"
            raise SignScaleError(
                f"{source}: {prefix}{name} is {found}, this model needs {tuple(value.shape)}; "
                "the checkpoint is of another size or interpretation: use the params it was trained with"
            )
    fitting = {name: part[name].to(value.dtype) for name, value in wanted.items()}
    module.load_state_dict(fitting, strict=True, assign=assign)


def set_deterministic(seed: int) -> None:
    """Seed torch and ask for algorithms that give equal bits on equal input.

    With them torch would also fill all new memory before it is written, a fifth of a small model's step; nothing here
    reads memory that it did not write.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False
