"""What a model folder says of its input is read back, of the released version before this one too."""

from pathlib import Path

from signscale.formats.files import write_json
from signscale.formats.skeleton import SELECTED
from signscale.model.preprocessing import FILE, NORMALISATION, Estimator, Preprocessing, load_preprocessing
from signscale.params import load_params


def test_a_folder_whose_filters_still_cut_packs_is_read(root: Path, tmp_path: Path) -> None:
    params = load_params(root, "demo")
    now = Preprocessing(
        format=1, skeleton="coco_wholebody_133", nodes=SELECTED.tolist(), normalisation=NORMALISATION,
        estimators=[Estimator(name="mediapipe", version="1", clips=3)],
        mediapipe=params.keypoints.mediapipe.model_dump(),
        longest_side=0, fps=25.0, filters=params.pack, max_frames=256, frames=None,
    )  # fmt: skip
    content = now.model_dump()
    content["filters"]["max_frames"] = 256
    write_json(tmp_path / FILE, content)
    assert load_preprocessing(tmp_path) == now
