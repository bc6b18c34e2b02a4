"""Pre-training several times in one process of a rank (starting DeepSpeed costs more than the runs).

Arguments: folders of worlds. What goes wrong in one is written into its error.txt.
"""

import os
import sys
from pathlib import Path

from signscale.errors import SignScaleError
from signscale.params import load_params
from signscale.train.pretrain import pretrain

for name in sys.argv[1:]:
    root = Path(name)
    packs = [root / "pack" / corpus for corpus in ("letters", "words")]
    try:
        pretrain(load_params(root), packs, root / "text" / "store.h5", root / "out", root / "scratch")
    except SignScaleError as error:
        (root / f"error{os.environ['RANK']}.txt").write_text(str(error))
