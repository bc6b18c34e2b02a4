"""What the text store costs: seconds and bytes a sentence here, and what that makes of the paper's 1.55 million.

Usage: python benchmarks/text_encode.py ENCODER [FILE of sentences, one a line]
Builds a real store in a temporary folder and prints one JSON object. MiniLM stands in for mBART.
`mbart_shape_one_thread` times mBART-large's encoder itself on 128 of the same sentences, with random weights, which
take the time of real ones. Projections are for this machine and one process, and take all sentences as distinct: an
upper bound, since repeats are encoded once.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import MBartConfig
from transformers.models.mbart.modeling_mbart import MBartEncoder

from signscale.params import load_params
from signscale.text.store import TextStore, batches_of_one_length, build_store

PAPER_SENTENCES = 1_550_000
MBART_WIDTH = 1024
WORDS = ["lake", "river", "tax", "house", "garden", "mountain", "letter", "sign", "apple", "morning", "weather"]


def projection(sentences_per_second: float, bytes_per_sentence: float) -> dict[str, float]:
    """The two rates, and the paper's number of sentences at these rates."""
    return {
        "sentences_per_second": round(sentences_per_second, 1),
        "bytes_per_sentence": round(bytes_per_sentence),
        "projected_gigabytes": round(PAPER_SENTENCES * bytes_per_sentence / 1e9, 1),
        "projected_hours": round(PAPER_SENTENCES / sentences_per_second / 3600, 2),
    }


def mbart_rate(lengths: np.ndarray, batch_size: int, device: str) -> float:
    """Sentences a second, of these token counts, through mBART-large's 12 layers: random weights, one thread."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = MBartEncoder(MBartConfig(vocab_size=1000)).eval().to(device)
    begin = time.perf_counter()
    with torch.inference_mode():
        for batch in batches_of_one_length(lengths, batch_size):
            ids = torch.randint(5, 1000, (len(batch), int(lengths[batch[0]])), device=device)
            model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.cpu()
    return len(lengths) / (time.perf_counter() - begin)


def main(encoder: str, file: str | None) -> None:
    texts = Path(file).read_text(encoding="utf-8").splitlines() if file else []
    texts = [text for text in texts if text] or [f"This word is {a} {b}." for a in WORDS for b in WORDS]
    demo = load_params(Path(__file__).parents[1], "demo")
    params = demo.model_copy(update={"text": demo.text.model_copy(update={"encoder": encoder})})
    with tempfile.TemporaryDirectory() as scratch:
        manifest, out = Path(scratch) / "manifest.parquet", Path(scratch) / "store.h5"
        pq.write_table(pa.table({"text": texts, "language": ["ase"] * len(texts)}), manifest)
        begin = time.perf_counter()
        build_store(params, [manifest], out)
        seconds, size, store = time.perf_counter() - begin, out.stat().st_size, TextStore(out)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    lengths, count, item = np.diff(store.offsets), len(store), np.dtype(params.text.dtype).itemsize
    few = np.random.default_rng(0).choice(lengths, min(count, 128), replace=False)
    size_as_mbart = size + int(lengths.sum()) * (MBART_WIDTH - store.width) * item
    result = {
        "encoder": Path(encoder).name,
        "machine": {"device": device, "cores": os.cpu_count(), "threads": torch.get_num_threads()},
        "sentences": count,
        "mean_tokens": round(float(lengths.mean()), 1),
        "measured": projection(count / seconds, size / count),
        "mbart_shape_one_thread": projection(mbart_rate(few, params.text.batch_size, device), size_as_mbart / count),
        "note": "substitute encoder, random mBART-large weights, token counts of the substitute's tokenizer",
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
