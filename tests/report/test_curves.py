"""Learning curves take the keys there are."""

from signscale.formats.files import write_text
from signscale.report.curves import finetune_panels, pretrain_panels


def test_keys_a_log_lacks_are_left_out_and_others_ignored(tmp_path):
    log = '{"step": 1, "loss": 2.0, "grad_norm": null, "note": "x"}\n{"step": 2, "loss": 1.0, "temperature": 0.07}\n'
    write_text(tmp_path / "pretrain" / "log.jsonl", log)
    assert [panel.title for panel in pretrain_panels(tmp_path)] == ["Total loss", "Temperature of the contrast"]


def test_no_log_gives_no_panel(tmp_path, params):
    assert pretrain_panels(tmp_path) == []
    assert finetune_panels(params, tmp_path) == {}


def test_a_dev_curve_is_named_by_its_metric_and_has_a_line_a_run(params, results):
    loss, dev = finetune_panels(params, results)["words_cslr"]
    assert (loss.title, dev.title) == ("Training loss", "Word error rate on dev")
    assert dev.chart.count('class="line scratch"') == dev.chart.count('class="line pretrained"') == 2
