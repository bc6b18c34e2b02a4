"""What each corpus says of itself."""

import pytest

from signscale.corpora import load_corpus
from signscale.corpora.parts import subset_labels
from signscale.corpora.wlasl import youtube_id
from signscale.errors import SignScaleError

NINE = ["wlasl", "msasl", "nmfs_csl", "slr500", "phoenix14", "phoenix14t", "csl_daily", "how2sign", "bobsl"]


@pytest.mark.parametrize("name", NINE)
def test_every_corpus_names_its_access_licence_and_source(name):
    corpus = load_corpus(name)
    assert corpus.name == name
    assert corpus.access in ("auto", "manual")
    assert corpus.licence
    assert corpus.source.startswith("https://")


def test_seven_corpora_have_two_views():
    assert [name for name in NINE if len(load_corpus(name).views) == 2] == NINE[:7]


def test_subsets_are_ranges_of_labels():
    assert (subset_labels("nmfs_csl", "confusing"), subset_labels("nmfs_csl", "normal")) == (
        range(610),
        range(610, 1067),
    )
    assert subset_labels("wlasl", "wlasl100") == range(100)
    assert subset_labels("msasl", "msasl1000") == range(1000)
    with pytest.raises(SignScaleError, match="wlasl has no subset 'wlasl7'; it has wlasl100, wlasl300"):
        subset_labels("wlasl", "wlasl7")
    with pytest.raises(SignScaleError, match="fingerspelling has no subset 'wlasl100'; it has none"):
        subset_labels("fingerspelling", "wlasl100")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=PBDUwwE9BFM&t=54s",
        "www.youtube.com/watch?v=PBDUwwE9BFM",
        "https://youtu.be/PBDUwwE9BFM?t=3",
        "https://www.youtube.com/watch?feature=share&v=PBDUwwE9BFM",
        "https://www.youtube.com/embed/PBDUwwE9BFM",
    ],
)
def test_one_youtube_video_has_one_name_in_all_its_addresses(url):
    assert youtube_id(url) == "PBDUwwE9BFM"
