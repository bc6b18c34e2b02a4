"""What a model folder says of its input is read back, of the released version before this one too."""

from pathlib import Path

from signscale.formats.files import write_json
from signscale.model.preprocessing import FILE, Preprocessing, load_preprocessing


def test_a_folder_whose_filters_still_cut_packs_is_read(preprocessing: Preprocessing, tmp_path: Path) -> None:
    content = preprocessing.model_dump()
    content["filters"]["max_frames"] = 256
    write_json(tmp_path / FILE, content)
    assert load_preprocessing(tmp_path) == preprocessing
