"""Translation: the loss of each next token, and a beam search that equals greedy and brute force at its two ends."""

import itertools

import pytest
import torch
from tiny_world import sample

from signscale.errors import SignScaleError
from signscale.tasks.heads.translator import BEGIN, END, PAD, UNKNOWN, Translator, train_tokenizer

TEXTS = ["ab", "ba", "aab", "bb a"]


@pytest.fixture
def vocabulary(recipe):
    return train_tokenizer([sample(f"c/{k}", text=text) for k, text in enumerate(TEXTS)], recipe("slt"))


@pytest.fixture
def make(recipe, vocabulary):
    """A head with weights large enough to have opinions."""

    def head(seed=0, **changes):
        torch.manual_seed(seed)
        net = Translator(recipe("slt", **changes), 7, vocabulary).eval()
        with torch.no_grad():
            net.classify.weight.mul_(3)
        return net

    return head


def log_probability(head, memory, valid, line):
    """Sum of the log-probabilities of a line's tokens, one forward pass a token, as the search scores them."""
    total, tokens = 0.0, [BEGIN]
    for token in line:
        logits = head._logits(memory, valid, torch.tensor([tokens]))[0, -1]
        total += float(logits.log_softmax(dim=0)[token])
        tokens.append(token)
    return total


def test_a_clip_alone_and_in_a_padded_batch_has_the_same_logits(make, padded):
    head, tokens = make(), torch.tensor([[BEGIN, 4, 5]])
    features, valid = padded([9, 3])
    together = head._logits(head.project(features), valid, tokens.expand(2, -1))
    for clip, length in enumerate([9, 3]):
        alone = head._logits(head.project(features[clip : clip + 1, :length]), valid[clip : clip + 1, :length], tokens)
        torch.testing.assert_close(together[clip], alone[0], rtol=0, atol=1e-5)


def test_no_token_sees_a_later_one(make, padded):
    head, (features, valid) = make(), padded([5])
    memory = head.project(features)
    one = head._logits(memory, valid, torch.tensor([[BEGIN, 4, 5]]))
    other = head._logits(memory, valid, torch.tensor([[BEGIN, 4, 6]]))
    torch.testing.assert_close(one[:, :2], other[:, :2])


@torch.no_grad()
def test_the_loss_is_the_mean_over_tokens_and_ends(make, padded):
    head, (features, valid) = make(label_smoothing=0.0), padded([5, 3])
    rows = [sample("c/0", text="ab"), sample("c/1", text="bb a")]
    total = count = 0
    for clip, row in enumerate(rows):
        line = [*head.tokenizer.encode(row.text), END]
        memory = head.project(features[clip : clip + 1])
        total -= log_probability(head, memory, valid[clip : clip + 1], line)
        count += len(line)
    assert head.loss(features, valid, rows).item() == pytest.approx(total / count, rel=1e-5)


@pytest.mark.parametrize("seed", range(5))
@torch.no_grad()
def test_a_beam_of_one_is_greedy(make, padded, seed):
    head, (features, valid) = make(seed, beam=1), padded([6, 4, 2], seed)
    memory = head.project(features)
    found = head._beam_search(memory, valid)
    for clip in range(3):
        tokens = [BEGIN]
        while len(tokens) <= 6 and tokens[-1] != END:
            logits = head._logits(memory[clip : clip + 1], valid[clip : clip + 1], torch.tensor([tokens]))[0, -1]
            logits[[PAD, BEGIN, UNKNOWN]] = float("-inf")
            tokens.append(int(logits.argmax()))
        assert found[clip][0] == [token for token in tokens if token > UNKNOWN]


@pytest.mark.parametrize("seed", range(3))
@torch.no_grad()
def test_a_beam_that_holds_every_line_finds_the_best(make, padded, seed):
    head, (features, valid) = make(seed, beam=300, max_tokens=3), padded([6, 2], seed)
    words = range(UNKNOWN + 1, head.tokenizer.vocab_size())
    lines = [[*words_, END] for n in range(3) for words_ in itertools.product(words, repeat=n)]
    lines += [list(words_) for words_ in itertools.product(words, repeat=3)]  # cut off
    assert len(lines) < 300
    memory = head.project(features)
    found = head._beam_search(memory, valid)
    for clip in range(2):
        part = memory[clip : clip + 1], valid[clip : clip + 1]
        best = max(lines, key=lambda line: log_probability(head, *part, line) / len(line))
        assert found[clip][0] == [token for token in best if token > UNKNOWN]
        assert found[clip][1] == pytest.approx(log_probability(head, *part, best) / len(best), abs=1e-5)


@torch.no_grad()
def test_clips_of_a_batch_are_searched_apart(make, padded):
    head, (features, valid) = make(), padded([6, 4, 2])
    memory = head.project(features)
    alone = [head._beam_search(memory[k : k + 1], valid[k : k + 1])[0] for k in range(3)]
    together = head._beam_search(memory, valid)
    assert [line for line, _ in together] == [line for line, _ in alone]
    assert [score for _, score in together] == pytest.approx([score for _, score in alone], abs=1e-5)


def test_the_tokenizer_is_the_same_every_time_and_knows_every_letter(recipe, vocabulary, make):
    again = train_tokenizer([sample(f"c/{k}", text=text) for k, text in enumerate(TEXTS[::-1])], recipe("slt"))
    assert again == vocabulary
    tokenizer = make().tokenizer
    for text in TEXTS:
        assert UNKNOWN not in tokenizer.encode(text)
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_texts_with_more_letters_than_entries_are_named(recipe):
    text = "".join(chr(0x4E00 + k) for k in range(60))
    with pytest.raises(SignScaleError, match=r"finetune\.slt\.vocabulary: 40 entries are too few .* 60 characters"):
        train_tokenizer([sample("c/0", text=text)], recipe("slt"))
    with pytest.raises(SignScaleError, match="no training sample has a text"):
        train_tokenizer([sample("c/0")], recipe("slt"))


@torch.no_grad()
def test_a_long_text_is_cut_to_the_longest_line(make, padded):
    head, (features, valid) = make(), padded([5])
    one, other = (head.loss(features, valid, [sample("c/0", text=text)]) for text in ("ab" * 3, "ab" * 30))
    assert torch.isfinite(one)
    assert torch.isfinite(other)


def test_a_token_weighs_as_much_as_what_attention_adds_to_it(recipe):
    texts = [sample(f"c/{k}", text=" ".join(chr(97 + k) + chr(97 + n) for n in range(26))) for k in range(26)]
    vocabulary = train_tokenizer(texts, recipe("slt", width=64, heads=2, vocabulary=60))
    torch.manual_seed(0)
    head = Translator(recipe("slt", width=64, heads=2, vocabulary=60), 7, vocabulary)
    scaled = head.embed.weight * 64**0.5
    assert scaled.square().mean().sqrt().item() == pytest.approx(1.0, abs=0.05)


@torch.no_grad()
def test_a_search_computes_each_token_once_and_the_same_as_the_whole_decoder(make, padded):
    head, (features, valid) = make(beam=1), padded([6, 4, 2])
    memory, asked = head.project(features), []
    whole = head._next

    def both(tokens, seen):
        asked.append(tokens.shape[1])
        found = whole(tokens, seen)
        torch.testing.assert_close(found, head._logits(memory, valid, tokens)[:, -1], rtol=0, atol=1e-5)
        return found

    head._next = both
    head._beam_search(memory, valid)
    assert asked == list(range(1, len(asked) + 1)) and len(asked) > 1


def test_hidden_tokens_are_a_share_of_the_words_and_never_begin_or_padding(make):
    head = make(token_dropout=0.3)
    given = torch.full((200, 101), 5)
    given[:, 0], given[:, 80:] = BEGIN, PAD
    torch.manual_seed(0)
    gaps = head._with_gaps(given)
    assert bool((gaps[:, 0] == BEGIN).all()) and bool((gaps[:, 80:] == PAD).all())
    assert set(gaps[:, 1:80].unique().tolist()) == {UNKNOWN, 5}
    assert (gaps[:, 1:80] == UNKNOWN).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(make()._with_gaps(given), given)
