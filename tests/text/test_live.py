"""A sentence encoded on demand has the features that a store would hold of it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from signscale.errors import SignScaleError
from signscale.params import load_params
from signscale.text.live import LiveText
from signscale.text.store import TextStore, build_store


@pytest.fixture
def store(root, mbart, tmp_path):
    base = load_params(root, "paper")
    settings = {"encoder": str(mbart), "languages": {"ase": "en_XX", "gsg": "de_DE"}, "max_tokens": 16}
    params = base.model_copy(update={"text": base.text.model_copy(update=settings)})
    texts = {"text": ["This word is apple.", "Guten Tag"], "language": ["ase", "gsg"]}
    pq.write_table(pa.table(texts), tmp_path / "m.parquet")
    build_store(params, [tmp_path / "m.parquet"], tmp_path / "store.h5")
    return TextStore(tmp_path / "store.h5")


def test_live_features_are_those_of_the_store(store):
    live = LiveText(store.description())
    assert (live.encoder, live.width) == (store.encoder, store.width)
    for text, language in (("This word is apple.", "ase"), ("Guten Tag", "gsg")):
        found, kept = (one.features(one.index(text, language)) for one in (live, store))
        np.testing.assert_allclose(found, kept, atol=2e-3)
    assert live.index("Guten Tag", "gsg") == 1


def test_other_weights_and_an_empty_text_are_refused(store):
    other = LiveText(store.description() | {"weights_sha256": "0" * 64})
    with pytest.raises(SignScaleError, match="its weights are not those the model was trained with"):
        other.features(other.index("Guten Tag", "gsg"))
    with pytest.raises(SignScaleError, match="the text is empty"):
        other.index(" ", "gsg")
