"""The sweep over the paper's ablations: what it makes, and what it takes from the ordinary run."""

import pytest

pytestmark = pytest.mark.scenarios

ONE = {"ablation_pretrain": 1, "ablation_finetune": 1, "ablation_evaluate": 1}


def test_the_sweep_makes_what_the_ordinary_run_has_not_and_leaves_that_alone(workplace):
    assert workplace.planned("ablations_data_share") == {"ablation_table": 1}
    assert workplace.planned("ablations") == {**ONE, "ablation_table": 2, "ablation_verdicts": 1}
    workplace.snakemake("ablations")
    assert workplace.planned("ablations") == workplace.planned("all") == {}
    verdicts = workplace.root / "results" / "tiny" / "ablations" / "verdicts" / "ablations.md"
    text = verdicts.read_text(encoding="utf-8")
    assert "| fine similarity beats coarse | " in text
    assert "| pre-training on 0.1 of the data beats none | " in text

    workplace.edit("params.yaml", "  - 1\n  benchmarks:  # paper", "  - 1\n  - 2\n  benchmarks:  # paper")
    two = {"ablation_pretrain": 2, "ablation_finetune": 3, "ablation_evaluate": 3}  # scratch too; base is a second run
    assert workplace.planned("ablations") == {**two, "ablation_table": 2, "ablation_verdicts": 1}
    assert workplace.planned("ablations_similarity")["ablation_finetune"] == 2
