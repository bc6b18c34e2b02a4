"""Pre-training several times in one process of a rank (starting DeepSpeed costs more than the runs).

Arguments: folders of worlds. What goes wrong in one is written into its error.txt. The first step's gradients, as the
ranks agreed on them, go into gradients.safetensors where no ZeRO takes them apart.
"""

import os
import sys
from pathlib import Path

from safetensors.torch import save_file

from signscale.errors import SignScaleError
from signscale.params import load_params
from signscale.pretrain import step
from signscale.pretrain.run import pretrain

descend = step._descend


def noting(engine) -> float:
    path = Path("gradients.safetensors")
    whole = engine.zero_optimization_stage() == 0 and engine.is_gradient_accumulation_boundary()
    if whole and os.environ["RANK"] == "0" and not path.exists():
        save_file({name: p.grad.clone() for name, p in engine.module.named_parameters()}, path)
    return descend(engine)


step._descend = noting

for name in sys.argv[1:]:
    root = Path(name)
    os.chdir(root)
    packs = [root / "pack" / corpus for corpus in ("letters", "words")]
    try:
        pretrain(load_params(root), packs, root / "text" / "store.h5", root / "out", root / "scratch")
    except SignScaleError as error:
        (root / f"error{os.environ['RANK']}.txt").write_text(str(error))
