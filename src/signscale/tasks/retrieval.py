"""Sign-text retrieval: the clips of a sentence, and the sentence of a clip."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from signscale.errors import SignScaleError
from signscale.formats.reading import reading
from signscale.params.recipe import RecipeParams
from signscale.params.section import Count, Positive
from signscale.tasks.lines import column, read_lines
from signscale.tasks.task import Conventions, Prediction, Published, SentenceFeatures, Task

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from signscale.tasks.heads.two_towers import TwoTowers
    from signscale.tasks.metrics.metric import Measure


class RetrievalParams(RecipeParams):
    """Sign-text retrieval."""

    window: Count
    shared_width: Count
    attention_temperature: Positive
    temperature: Positive
    projections: Literal["random", "pretrained"] = Field(
        default="random", description="what the two projections start from, in runs from the pre-trained encoder"
    )
    """The default is what version 0.2 trained with."""


class Retrieval(Task):
    """Prediction lines: `text_id`, `t2v_rank`, `v2t_rank` (metrics.retrieval.retrieval_ranks)."""

    name = "retrieval"
    title = "Sign-text retrieval"
    words = "sign-text retrieval"
    gives = "for a sentence the clips that show it, and for a clip its sentences"
    recipe = RetrievalParams
    needs = "text"
    form = "search"
    vocabulary = "none"
    measure = "t2v_r1"
    metrics: ClassVar = {
        "t2v_r1": "Text to video: R@1",
        "t2v_r5": "Text to video: R@5",
        "t2v_r10": "Text to video: R@10",
        "t2v_medr": "Text to video: median rank",
        "v2t_r1": "Video to text: R@1",
        "v2t_r5": "Video to text: R@5",
        "v2t_r10": "Video to text: R@10",
        "v2t_medr": "Video to text: median rank",
    }
    published = Published(
        benchmarks={("phoenix14t", ""): "Phoenix14-T", ("csl_daily", ""): "CSL-Daily"},
        metrics={
            "T2V R@1": "t2v_r1",
            "T2V R@5": "t2v_r5",
            "T2V R@10": "t2v_r10",
            "T2V MedR": "t2v_medr",
            "V2T R@1": "v2t_r1",
            "V2T R@5": "v2t_r5",
            "V2T R@10": "v2t_r10",
            "V2T MedR": "v2t_medr",
        },
        caution=(
            "Recall in per cent, median rank. In ours equal sentences are one text, any clip of it is a hit, and ties "
            "count against us; how the paper counts them is not in what we have of it."
        ),
        ablated="CSL-Daily",
    )

    def head(self, recipe: RetrievalParams, width: int, vocabulary: Any, store: SentenceFeatures) -> "TwoTowers":
        """PAPER: Table III, SL-RT."""
        from signscale.tasks.heads.two_towers import TwoTowers

        return TwoTowers(recipe, width, store)

    def start_head(
        self, head: "TwoTowers", recipe: RetrievalParams, weights: "Mapping[str, Tensor]", source: Path
    ) -> None:
        """The two projections of pre-training, if the recipe keeps them. Raises SignScaleError if they do not fit."""
        from signscale.model.weights import fill

        if recipe.projections == "pretrained":
            for name in ("project_sign", "project_text"):
                fill(getattr(head, name), weights, f"{name}.", source)

    def measures(self, predictions: Sequence[Prediction], conventions: Conventions) -> "list[Measure]":
        """Recall at 1, 5 and 10 and median rank, in both directions."""
        import numpy as np

        from signscale.tasks.metrics.retrieval import duplicates_named, rank_measures

        ranks = [np.array(column(predictions, key), dtype=np.int64) for key in ("t2v_rank", "v2t_rank")]
        return rank_measures(*ranks, duplicates_named(column(predictions, "text_id")))

    def read_files(self, hyp: Path, ref: Path) -> list[Prediction]:
        """`hyp` is a matrix (texts, clips) of numpy.save; line i of `ref` is the text of both row i and clip i."""
        from signscale.tasks.metrics.retrieval import retrieval_ranks

        texts = read_lines(ref)
        ranks = retrieval_ranks(_read_similarity(hyp, len(texts)), texts, texts)
        return [
            {"sample_id": f"{ref} line {at}", "text_id": text, "t2v_rank": int(t2v), "v2t_rank": int(v2t)}
            for at, (text, t2v, v2t) in enumerate(zip(texts, *ranks, strict=True), start=1)
        ]


def _read_similarity(path: Path, count: int) -> "np.ndarray":
    """A matrix (texts, clips) of `count` each; what is not of this shape is never read into memory."""
    import numpy as np

    with reading(path, "a matrix written by numpy.save", "write it with numpy.save"):
        similarity = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(similarity, np.ndarray) or similarity.dtype.kind not in "iuf":
        raise SignScaleError(f"{path}: not a matrix of real numbers; write it with numpy.save")
    if similarity.shape != (count, count):
        raise SignScaleError(
            f"{path}: its shape is {similarity.shape}, expected ({count}, {count}): a row for each text of --ref and "
            "a column for its clip"
        )
    return similarity


TASK = Retrieval()
