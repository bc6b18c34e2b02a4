"""The paper's tables as data: what they hold, that they agree with themselves, and who is best in them."""

from collections import defaultdict

from signscale.params import load_params
from signscale.report import paper
from signscale.tasks import load_task

CONFUSING, NORMAL = 610, 457  # classes of NMFs-CSL


def by_row() -> dict[tuple[str, str, str, str], dict[str, paper.Figure]]:
    """The figures of a method by metric, for each benchmark, split, method and modality."""
    found: dict = defaultdict(dict)
    for figure in paper.figures():
        row = found[figure.benchmark, figure.split, figure.method, figure.modality]
        assert figure.metric not in row
        row[figure.metric] = figure
    return found


def test_all_printed_figures_are_there_with_deletions_and_insertions_apart():
    figures = paper.figures()
    assert len(figures) == 550 + 26 + 1  # 26 cells of del/ins, and SLR500 from the text
    assert [f.benchmark for f in figures if f.origin != "table"] == ["SLR500"]
    assert {f.modality for f in figures} == {"RGB", "pose"}
    assert {(f.benchmark, f.metric) for f in figures if "/" in f.printed or f.value <= 0} == set()


def test_the_papers_own_rows_are_as_printed():
    def own(benchmark: str, task: str) -> list[str]:
        return [figure.printed for figure in paper.paper_row(benchmark, load_task(task)).values()]

    assert own("MSASL1000", "islr") == ["74.07", "90.56", "71.81", "90.42"]
    assert own("WLASL2000", "islr") == ["56.29", "88.74", "53.29", "88.10"]
    assert own("NMFs-CSL", "islr") == ["80.2", "97.5", "67.2", "95.7", "97.5", "99.8"]
    assert own("SLR500", "islr") == ["97.7"]
    assert own("Phoenix14", "cslr") == ["21.2", "4.9", "2.7"]
    assert own("CSL-Daily", "cslr") == ["27.9", "9.9", "2.5"]
    assert own("Phoenix14-T", "slt") == ["46.56", "34.21", "22.24", "46.73"]
    assert own("CSL-Daily", "retrieval") == ["87.5", "95.2", "97.6", "1.0", "87.2", "95.0", "97.2", "1.0"]
    assert own("How2Sign", "slt") == []


def test_every_benchmark_of_the_preset_paper_has_a_counterpart(root):
    settings = load_params(root, "paper").finetune.benchmarks
    found = {name: paper.counterpart(one) for name, one in settings.items()}
    assert all(found.values())
    assert found["wlasl100"] == "WLASL100"
    assert found["phoenix14t_slt"] == found["phoenix14t_retrieval"] == "Phoenix14-T"
    assert not any(paper.counterpart(one) for one in load_params(root, "demo").finetune.benchmarks.values())


def test_the_wlasl_rows_that_repeat_msasl_are_doubtful():
    rows, twin = by_row(), {"WLASL100": "MSASL100", "WLASL300": "MSASL200", "WLASL2000": "MSASL1000"}
    for (benchmark, split, method, modality), row in rows.items():
        if benchmark in twin:
            other = rows.get((twin[benchmark], split, method, modality), {})
            repeats = all(name in other and figure.printed == other[name].printed for name, figure in row.items())
            assert all(bool(figure.doubtful) == repeats for figure in row.values()), (benchmark, method)
    assert {f.method for f in paper.figures() if f.benchmark == "WLASL100" and f.doubtful} == {
        "ST-GCN",
        "Pose-TGCN",
        "PSLR",
    }


def test_a_total_that_its_parts_do_not_make_is_doubtful():
    odd = []
    for (benchmark, _, method, _), row in by_row().items():
        for top in (1, 5):
            cells = [row.get(f"{part} top-{top}") for part in ("total", "confusing", "normal")]
            if benchmark == "NMFs-CSL" and all(cells):
                total, confusing, normal = (cell.value for cell in cells)
                made = (CONFUSING * confusing + NORMAL * normal) / (CONFUSING + NORMAL)
                assert (abs(made - total) > 0.2) == any(cell.doubtful for cell in cells), (method, top)
                odd += [(method, top)] * (abs(made - total) > 0.2)
    assert odd == [("DNF", 1), ("I3D", 5)]


def test_a_median_rank_that_its_recall_forbids_is_doubtful():
    odd = []
    for (_, _, method, _), row in by_row().items():
        for way in ("T2V", "V2T"):
            if median := row.get(f"{way} MedR"):
                least = min((cut for cut in (1, 5, 10) if row[f"{way} R@{cut}"].value > 50), default=median.value)
                assert (median.value > least) == bool(median.doubtful)
                odd += [(method, way)] * (median.value > least)
    assert odd == [("Translation", "V2T")]


def test_the_best_rival_is_the_best_by_the_metrics_direction():
    assert paper.best_rival("WLASL100", "per-instance top-1", "RGB").names == "NLA-SLR (pose+RGB)"
    pose = paper.best_rival("WLASL2000", "per-instance top-1", "pose")
    assert (pose.names, pose.printed) == ("SAM-SLR", "51.50")
    lower = paper.best_rival("Phoenix14", "WER", "RGB")
    assert (lower.names, lower.printed) == ("C2ST", "17.7")
    assert paper.best_rival("Phoenix14-T", "T2V MedR", "RGB").names == "SA-COMB, CiCo"
    assert paper.best_rival("Phoenix14-T", "T2V R@1", "pose") is None
    assert paper.best_rival("How2Sign", "BLEU-4", "RGB") is None


def test_the_paper_is_no_rival_of_its_own():
    for benchmark, task in (("NMFs-CSL", "islr"), ("CSL-Daily", "slt")):
        for metric in paper.paper_row(benchmark, load_task(task)):
            assert "Ours" not in paper.best_rival(benchmark, metric, "pose").names


def test_a_doubtful_figure_is_passed_over_and_said():
    best = paper.best_rival("NMFs-CSL", "confusing top-1", "RGB")
    assert (best.names, best.printed, best.doubtful) == ("GLE-Net", "50.6", "")
    assert best.passed_over == (
        "DNF's 51.9 is passed over: it does not fit its own total: "
        "with 86.3 on the normal signs it would make 66.6, not 55.8",
    )


def test_a_doubtful_figure_without_a_sound_one_is_the_best_and_marked(monkeypatch):
    only = [f for f in paper.figures() if f.benchmark == "WLASL100" and f.doubtful]
    monkeypatch.setattr(paper, "figures", lambda: tuple(only))
    best = paper.best_rival("WLASL100", "per-instance top-1", "pose")
    assert (best.names, best.printed) == ("PSLR", "60.15")
    assert "copying error" in best.doubtful
