"""Which parts of the paper's set-up were replaced; shown beside every figure."""

from signscale.corpora import load_corpus
from signscale.keypoints.estimators import ESTIMATORS
from signscale.keypoints.estimators.choice import estimators_of
from signscale.params import Params


def substitutes(keypoints: str, encoder: str) -> list[str]:
    """One line for each part. keypoints: words that name the estimators; encoder: the text encoder's name in params."""
    estimators = (ESTIMATORS.load(name) for name in ESTIMATORS.names() if name in keypoints.lower())
    lines = [one.stands_in for one in estimators if one.stands_in]
    if "minilm" in encoder.lower():
        lines.append("MiniLM stands in for mBART")
    return lines


def one_view(params: Params) -> str:
    """The line on corpora of pre-training that give one sample a clip where the paper has a second one.

    Empty if there are none.
    """
    corpora = [] if params.pretrain.start else map(load_corpus, params.pretrain.corpora)
    single = [
        one.name for one in corpora if len(estimators_of(params.keypoints, one)) < len(getattr(one, "views", ())) > 1
    ]
    return f"without the second view of each clip, with InterWild's hands, of {', '.join(single)}" if single else ""
