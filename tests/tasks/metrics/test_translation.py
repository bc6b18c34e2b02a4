"""BLEU against sacrebleu, ROUGE-L by hand, umlauts and Chinese kept."""

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from signscale.errors import SignScaleError
from signscale.tasks.metrics.bootstrap import measured, value_of
from signscale.tasks.metrics.translation import tokenizer_for, translation_measures

GERMAN = (
    ["und nun die wettervorhersage für morgen .", "im süden schneit es größtenteils", "am tag scheint die sonne", "ja"],
    ["und nun die vorhersage für morgen .", "im süden regnet es größtenteils", "", "ja bitte"],
)
CHINESE = (["今天我去学校3号楼。", "你好吗"], ["今天我到学校。", "你好"])


def values(references, hypotheses, tokenize="13a"):
    measures = translation_measures(references, hypotheses, tokenize)
    return {measure.name: value_of(measure.statistic, measure.n) for measure in measures}


@pytest.mark.parametrize(("texts", "tokenize"), [(GERMAN, "13a"), (CHINESE, "char")])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_of_every_order_is_sacrebleus(texts, tokenize, order):
    references, hypotheses = texts
    expected = BLEU(tokenize=tokenize, max_ngram_order=order).corpus_score(hypotheses, [references]).score
    assert expected > 0
    assert values(references, hypotheses, tokenize)[f"bleu{order}"] == pytest.approx(expected, abs=1e-12)


def test_bleu_under_weights_is_sacrebleus_of_the_repeated_sentences():
    references, hypotheses = GERMAN
    measures = {measure.name: measure for measure in translation_measures(references, hypotheses, "13a")}
    for weights in ([2, 1, 1, 0], [0, 3, 0, 1], [1, 1, 0, 2]):
        repeated = [np.repeat(side, weights).tolist() for side in (hypotheses, references)]
        expected = BLEU(tokenize="13a").corpus_score(repeated[0], [repeated[1]]).score
        assert measures["bleu4"].statistic(np.array([weights]))[0] == pytest.approx(expected, abs=1e-12)


def test_signature_is_sacrebleus_own():
    signature = translation_measures(*GERMAN, "13a")[0].signature
    assert signature.startswith("bleu:sacrebleu|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_how2sign_output_scores_as_measured_elsewhere(shared):
    folder = shared / "predictions"
    sides = []
    for name, mark in (("references", "ground-truth"), ("hypotheses", "prediction")):
        lines = (folder / f"how2sign_test.{name}.txt").read_text(encoding="utf-8").split("\n")
        sides.append([line.split(f", {mark}: ", 1)[1] for line in lines if line])
    bleu = next(one for one in translation_measures(*sides, "13a") if one.name == "bleu4")
    metric = measured(bleu, 200, 0.95)
    assert (metric.n, round(metric.value, 2)) == (2349, 14.50)
    assert metric.low < metric.value < metric.high


def test_rouge_formulas_by_hand():
    found = values(["a b c d", "a b"], ["a c d", "x y z b"])  # 3 of 3 and 4 tokens in common; 1 of 4 and 2
    b = 1.2**2
    first, second = (1 + b) * 1 * 0.75 / (0.75 + b * 1), (1 + b) * 0.25 * 0.5 / (0.5 + b * 0.25)
    assert found["rouge_l_f1_corpus_mean"] == pytest.approx(100 * (6 / 7 + 2 / 6) / 2)
    assert found["rouge_l_mscoco_beta1.2"] == pytest.approx(100 * (first + second) / 2)
    assert found["rouge_l_f1_of_corpus_counts"] == pytest.approx(100 * 2 * 4 / (7 + 6))


def test_umlauts_and_chinese_count_in_rouge():
    assert values(["größe übel"], ["größe übel"])["rouge_l_f1_corpus_mean"] == 100
    assert values(["größe"], ["große"])["rouge_l_f1_corpus_mean"] == 0
    assert values(["你好吗"], ["你好"], "char")["rouge_l_f1_corpus_mean"] == pytest.approx(80)
    assert values(["我3号"], ["我3楼"], "char")["rouge_l_f1_corpus_mean"] == pytest.approx(100 * 2 / 3)


def test_an_empty_hypothesis_scores_zero_and_not_nan():
    assert set(values(["a b c d e"], [""]).values()) == {0}


def test_texts_without_spaces_are_cut_into_characters():
    assert tokenizer_for(["csl", "csl"]) == "char"
    assert tokenizer_for(["gsg"]) == tokenizer_for(["csl", "ase"]) == tokenizer_for([]) == "13a"


def test_an_unknown_tokenizer_is_refused():
    with pytest.raises(SignScaleError, match="'zh' is none of 13a, char"):
        translation_measures(["a"], ["a"], "zh")
