"""The text store holds each sentence once, exactly as the encoder gave it, and the same bytes every time."""

import multiprocessing
import pickle
import signal
import subprocess
import sys

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample, write_manifest
from signscale.params import load_params
from signscale.text.encoder import load_encoder
from signscale.text.store import TextStore, batches_of_one_length, build_store

LANGUAGES = {"ase": "en_XX", "bfi": "en_XX", "gsg": "de_DE"}
TEXTS = [
    ("this word is lake", "ase"),
    ("this word is lake", "ase"),
    ("this word is lake", "bfi"),
    ("this word is lake", "gsg"),
    ("", "ase"),
    ("das wetter morgen : regen", "gsg"),
    ("the tax of the house and the river and the lake", "bfi"),
    ("tax", "ase"),
]


def manifest(path, texts):
    """A manifest with one sample a (text, sign language)."""
    blank = {"corpus": "c", "split": "train", "signer": "", "clip": "x", "start": 0.0, "end": -1.0, "fps": 25.0}
    blank |= {"gloss": "", "label": "", "view": "v"}
    write_manifest(
        path,
        [
            Sample(sample_id=f"{path.stem}/{number}", language=language, text=text, **blank)
            for number, (text, language) in enumerate(texts)
        ],
    )
    return path


@pytest.fixture
def params(root, mbart):
    """Params of the paper with the small mBART."""
    base = load_params(root, "paper")

    def make(**text):
        settings = {"encoder": str(mbart), "languages": LANGUAGES, "max_tokens": 10, "batch_size": 2}
        return base.model_copy(update={"text": base.text.model_copy(update=settings | text)})

    return make


@pytest.fixture
def store(params, tmp_path):
    """The store of TEXTS, from two manifests that share a sentence."""
    manifests = [manifest(tmp_path / "a.parquet", TEXTS), manifest(tmp_path / "b.parquet", TEXTS[:3])]
    build_store(params(dtype="float32"), manifests, tmp_path / "store.h5")
    return TextStore(tmp_path / "store.h5")


def test_each_sentence_and_language_token_is_stored_once(store):
    with h5py.File(store.path) as file:
        rows = list(zip(file["languages"].asstr(), file["texts"].asstr(), strict=True))
    assert rows == [
        ("de_DE", "das wetter morgen : regen"),
        ("de_DE", "this word is lake"),
        ("en_XX", "tax"),
        ("en_XX", "the tax of the house and the river and the lake"),
        ("en_XX", "this word is lake"),
    ]
    assert len(store) == 5
    assert store.index("this word is lake", "ase") == store.index("this word is lake", "bfi") == 4
    assert store.index("this word is lake", "gsg") == 1


def test_stored_features_are_the_encoder_s(store, mbart):
    encoder = load_encoder(str(mbart), LANGUAGES, 10)
    assert store.width == encoder.width == 16
    assert (store.encoder, store.weights_sha256) == (str(mbart), encoder.weights_sha256)
    for text, language in TEXTS:
        if text:
            found = store.features(store.index(text, language))
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, encoder.encode([(text, language)])[0], atol=1e-5)


def test_tokens_name_each_feature_vector(store):
    row = store.index("this word is lake", "gsg")
    assert store.tokens(row) == ["▁this", "▁word", "▁is", "▁lake", "</s>", "de_DE"]
    assert len(store.features(row)) == 6


def test_half_precision_rounds_each_feature_once(params, store, tmp_path):
    build_store(params(dtype="float16"), [tmp_path / "a.parquet"], tmp_path / "half.h5")
    half = TextStore(tmp_path / "half.h5")
    for row in range(len(store)):
        np.testing.assert_array_equal(half.features(row), store.features(row).astype(np.float16).astype(np.float32))


def test_a_feature_too_large_for_half_precision_is_refused(params, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "signscale.text.encoder.FrozenTextEncoder.features",
        lambda self, batch: [np.full((len(ids), 16), 7e4, np.float32) for ids in batch],
    )
    path = manifest(tmp_path / "a.parquet", TEXTS)
    with pytest.raises(SignScaleError, match=r"^text\.dtype: .* does not fit float16; set float32"):
        build_store(params(dtype="float16"), [path], tmp_path / "store.h5")
    assert not (tmp_path / "store.h5").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from signscale.params.load import load_params
from signscale.text import store, unfinished

store.SECONDS_BETWEEN_MARKS = 0.0
mark = unfinished.UnfinishedStore.mark

def killed(self, batches):
    if batches == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    mark(self, batches)

unfinished.UnfinishedStore.mark = killed
root, encoder, manifest, out = sys.argv[1:]
base = load_params(root, "paper")
settings = {"encoder": encoder, "languages": {"ase": "en_XX", "bfi": "en_XX", "gsg": "de_DE"}, "max_tokens": 10}
params = base.model_copy(update={"text": base.text.model_copy(update=settings | {"batch_size": 1, "dtype": "float32"})})
store.build_store(params, [Path(manifest)], Path(out))
"""


def test_a_store_whose_run_is_killed_goes_on_and_has_the_same_bytes(root, mbart, params, tmp_path, caplog):
    caplog.set_level("INFO")
    path = manifest(tmp_path / "a.parquet", TEXTS)
    arguments = [str(root), str(mbart), str(path), str(tmp_path / "store.h5")]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "store.h5").exists()
    build_store(params(batch_size=1, dtype="float32"), [path], tmp_path / "whole.h5")
    assert "going on behind" not in caplog.text
    build_store(params(batch_size=1, dtype="float32"), [path], tmp_path / "store.h5")
    assert "going on behind 18 tokens" in caplog.text  # the two longest sentences
    assert (tmp_path / "store.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.parquet", "store.h5", "whole.h5"]


def test_an_unfinished_store_of_other_sentences_is_begun_anew(root, mbart, params, tmp_path, caplog):
    caplog.set_level("INFO")
    paths = [manifest(tmp_path / f"{name}.parquet", TEXTS[:few]) for name, few in (("a", 8), ("b", 7))]
    arguments = [str(root), str(mbart), str(paths[0]), str(tmp_path / "store.h5")]
    subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    build_store(params(batch_size=1, dtype="float32"), paths[1:], tmp_path / "store.h5")
    assert "going on behind" not in caplog.text
    assert len(TextStore(tmp_path / "store.h5")) == 4


def test_the_same_manifests_in_any_order_give_the_same_bytes(params, store, tmp_path):
    shuffled = [manifest(tmp_path / "b2.parquet", TEXTS[:3]), manifest(tmp_path / "a2.parquet", TEXTS[::-1])]
    build_store(params(dtype="float32"), shuffled, tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == store.path.read_bytes()


def test_the_number_of_cores_does_not_change_a_byte(root, minilm, tmp_path):
    demo = load_params(root, "demo")
    here = demo.model_copy(update={"text": demo.text.model_copy(update={"encoder": minilm, "dtype": "float32"})})
    path = manifest(tmp_path / "a.parquet", [(" ".join(["lake"] * length), "ase") for length in range(1, 60)])
    before = torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        build_store(here, [path], tmp_path / f"{threads}.h5")
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    assert (tmp_path / "1.h5").read_bytes() == (tmp_path / "2.h5").read_bytes()


def test_a_batch_holds_sentences_of_one_length_and_every_row_comes_once():
    lengths = np.array([3, 5, 3, 4, 3, 5])
    batches = [batch.tolist() for batch in batches_of_one_length(lengths, 2)]
    assert batches == [[1, 5], [3], [0, 2], [4]]


def test_long_sentences_are_cut_counted_and_reported(params, tmp_path, capsys):
    build_store(params(), [manifest(tmp_path / "a.parquet", TEXTS)], tmp_path / "store.h5")
    store = TextStore(tmp_path / "store.h5")
    long = store.index(TEXTS[6][0], "bfi")
    assert len(store.features(long)) == 10
    assert store.tokens(long)[-2:] == ["</s>", "en_XX"]
    assert store.truncated == 1
    assert "text: 1 sentences are longer than 10 tokens and are cut there" in capsys.readouterr().err


def test_manifests_without_any_text_give_an_empty_store(params, tmp_path):
    build_store(params(), [manifest(tmp_path / "a.parquet", [("", "ase")])], tmp_path / "store.h5")
    store = TextStore(tmp_path / "store.h5")
    assert (len(store), store.width) == (0, 16)


def test_a_sign_language_without_a_token_stops_before_encoding(params, tmp_path):
    path = manifest(tmp_path / "a.parquet", [*TEXTS, ("tax", "csl"), ("tax", "fsl")])
    with pytest.raises(SignScaleError, match=r"^text\.languages: .* add an entry for csl, fsl, such as csl: en_XX$"):
        build_store(params(), [path], tmp_path / "store.h5")
    assert not (tmp_path / "store.h5").exists()


def test_a_sentence_never_encoded_is_named_with_the_remedy(store):
    with pytest.raises(SignScaleError, match="no sentence 'unheard' of sign language ase; run the text stage again"):
        store.index("unheard", "ase")
    with pytest.raises(SignScaleError, match=r"text\.languages: no entry for csl"):
        store.index("tax", "csl")


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.999])
def test_a_torn_store_is_refused(store, kept):
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(SignScaleError, match=r"not a whole text store .* run the text stage again"):
        TextStore(store.path)


def test_another_kind_of_hdf5_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["features"] = np.zeros((3, 4))
    with pytest.raises(SignScaleError, match="not a whole text store"):
        TextStore(tmp_path / "other.h5")


def test_a_torn_manifest_is_refused(params, tmp_path):
    path = manifest(tmp_path / "a.parquet", TEXTS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SignScaleError, match=r"a\.parquet: not a manifest .* run its stage again"):
        build_store(params(), [path], tmp_path / "store.h5")
    pq.write_table(pa.table({"text": ["x"]}), path)
    with pytest.raises(SignScaleError, match=r"a\.parquet: not a manifest"):
        build_store(params(), [path], tmp_path / "store.h5")


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_other_processes_read_the_same_features(store, start):
    expected = [store.features(row) for row in range(len(store))]
    with multiprocessing.get_context(start).Pool(2) as pool:
        found = pool.map(store.features, range(len(store)))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_pickled_store_finds_its_sentences(store):
    assert pickle.loads(pickle.dumps(store)).index("tax", "ase") == store.index("tax", "ase")


def test_the_demo_preset_encodes_with_minilm(root, minilm, tmp_path):
    demo = load_params(root, "demo")
    assert demo.text.languages == {}
    here = demo.model_copy(update={"text": demo.text.model_copy(update={"encoder": minilm})})
    texts = [("This word is lake.", "ase"), ("This word is lake.", "gsg"), ("This word is tax.", "svk")]
    build_store(here, [manifest(tmp_path / "a.parquet", texts)], tmp_path / "store.h5")
    store = TextStore(tmp_path / "store.h5")
    assert (len(store), store.width) == (2, 384)
    assert store.tokens(store.index("This word is lake.", "gsg")) == [
        "[CLS]", "this", "word", "is", "lake", ".", "[SEP]",
    ]  # fmt: skip
