"""Strangers' pickles give arrays and plain containers, or the name of what they asked for; nothing of them runs."""

import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from asking import Asking

from signscale.errors import SignScaleError
from signscale.keypoints.readers.published.pickles import read_pickle


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_and_plain_containers_come_back_in_every_protocol(tmp_path: Path, protocol: int) -> None:
    content = OrderedDict(
        a={"keypoints": np.arange(12, dtype=np.float32).reshape(2, 2, 3), "list": [np.float64(0.5), (1, "é", None)]},
        b={"set": {1, 2}, "bytes": b"\x00\xff", "empty": np.zeros((0, 3), np.float16), "fortran": np.ones((2, 3)).T},
    )
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    found = read_pickle(path)
    assert np.array_equal(found["a"]["keypoints"], content["a"]["keypoints"])
    assert found["a"]["list"] == content["a"]["list"]
    assert found["b"]["set"] == {1, 2}
    assert (found["b"]["bytes"], found["b"]["empty"].shape, found["b"]["fortran"].shape) == (
        b"\x00\xff",
        (0, 3),
        (3, 2),
    )


def test_a_pickle_that_asks_for_anything_else_is_refused_by_its_name_and_runs_nothing(tmp_path: Path) -> None:
    path, trace = tmp_path / "a.pkl", tmp_path / "trace"
    asked = {
        "posix.system": Asking(os.system, f"touch {trace}"),
        ".eval": Asking(eval, f"open({str(trace)!r}, 'w')"),
        ".getattr": Asking(getattr, "", "join"),
        "pathlib.": Path("x"),
        "numpy.": np.random.default_rng(0),
    }
    for name, content in asked.items():
        for protocol in range(6):
            path.write_bytes(pickle.dumps({"clip": {"keypoints": content}}, protocol))
            with pytest.raises(SignScaleError, match=r"a\.pkl: refused: the pickle asks for ") as caught:
                read_pickle(path)
            assert name in str(caught.value) or protocol < 2, "before protocol 2 an object's own maker is asked for"
    assert not trace.exists()


def test_os_system_by_its_own_name_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(SignScaleError, match=r"asks for os\.system; only numpy arrays"):
        read_pickle(tmp_path / "a.pkl")


def test_a_torch_tensor_is_refused_by_name(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"keypoint": torch.zeros(2, 133, 3)}))
    with pytest.raises(SignScaleError, match=r"asks for torch\."):
        read_pickle(tmp_path / "a.pkl")


def test_torn_foreign_and_absent_files_give_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    whole = pickle.dumps({"a": np.arange(99.0)})
    os.mkfifo(tmp_path / "pipe.pkl")
    for content in (b"", whole[:-1], whole[: len(whole) // 2], b"\x80\x05.", b"PK\x03\x04junk", bytes(range(256))):
        path.write_bytes(content)
        with pytest.raises(SignScaleError, match=r"a\.pkl: ") as caught:
            read_pickle(path)
        assert "\n" not in str(caught.value)
    for name, reason in (("none.pkl", "no such file"), ("pipe.pkl", "not a regular file")):
        with pytest.raises(SignScaleError, match=reason):
            read_pickle(tmp_path / name)
