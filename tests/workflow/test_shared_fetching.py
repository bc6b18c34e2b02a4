"""A corpus of the web fetched by several jobs of the real workflow, from a server on this machine."""

import functools
import http.server
import json
import shutil
import threading

import av
import numpy as np
import pytest

from signscale.fetch.ledger import read_ledger

WEB = """
acquire: {corpora: [wlasl], fetch_jobs: {wlasl: 2}}
pretrain: {corpora: [wlasl]}
finetune:
  benchmarks:
    only: true
    signs: {corpus: wlasl, task: islr, train_splits: [train]}
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def web(tmp_path):
    """The address of a site with WLASL's annotations and three of its four clips."""
    site = tmp_path / "site"
    (site / "start_kit").mkdir(parents=True)
    (site / "code" / "I3D" / "preprocess").mkdir(parents=True)
    for size in (100, 300, 1000, 2000):
        (site / "code" / "I3D" / "preprocess" / f"nslt_{size}.json").write_text("{}")
    with av.open(str(site / "0.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        for shade in range(0, 250, 10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for number in range(1, 3):
        shutil.copy(site / "0.mp4", site / f"{number}.mp4")
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    usual = {"bbox": [1, 2, 30, 40], "frame_start": 1, "frame_end": -1, "signer_id": 5, "split": "train"}
    instances = [usual | {"video_id": str(n), "url": f"{address}/{n}.mp4"} for n in range(4)]
    (site / "start_kit" / "WLASL_v0.3.json").write_text(json.dumps([{"gloss": "book", "instances": instances}]))
    yield address
    server.shutdown()
    server.server_close()


@pytest.fixture
def place(own_copy, web):
    """A copy of the repository that takes the site for WLASL's."""
    place = own_copy
    (place.root / "workflow" / "presets" / "web.yaml").write_text(WEB, encoding="utf-8")
    place.edit("params.yaml", "\npreset: paper ", "\npreset: web ")
    place.edit("src/signscale/corpora/wlasl.py", "https://raw.githubusercontent.com/dxli94/WLASL/master", web)
    return place


@pytest.mark.scenarios
def test_a_failed_part_stops_no_other_and_is_all_that_runs_again(place):
    folder = place.root / "data" / "raw" / "wlasl"
    (folder / "videos" / ".1.mp4.part").mkdir(parents=True)  # clip 1 falls to part 1, which cannot write it
    failed = place.run("snakemake", "--profile", "local", "acquire")
    assert failed.returncode == 1
    parts = sorted((place.root / "results" / "web" / "acquire" / "wlasl").glob("part-*"))
    assert [path.name for path in parts] == ["part-00000-of-00002.provenance.json"]
    assert not (folder / "ledger-parts" / "00001-of-00002.csv").exists()

    (folder / "videos" / ".1.mp4.part").rmdir()
    again = place.snakemake("acquire")
    jobs = [line for line in again.splitlines() if line.startswith("Job ")]
    assert [line.split(": ", 1)[1] for line in jobs if ": acquire: " in line] == [
        "acquire: wlasl, part 00001 of 00002",
        "acquire: wlasl",
    ]
    outcomes = {row.source_id: row.outcome for row in read_ledger(folder / "ledger.csv")}
    assert {name: outcome for name, outcome in outcomes.items() if name.startswith("videos/")} == {
        f"videos/{n}.mp4": "dead" if n == 3 else "ok" for n in range(4)
    }
    assert "wlasl: 4 samples (train 4)" in again
    place.edit("workflow/presets/web.yaml", "fetch_jobs: {wlasl: 2}", "fetch_jobs: {wlasl: 1}")
    assert place.planned("acquire") == {}
