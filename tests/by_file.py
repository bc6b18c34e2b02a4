"""How `pytest -n` shares out the tests."""

from xdist.scheduler import LoadScopeScheduling

ONE_RUN = tuple(
    f"tests/workflow/test_{name}.py" for name in ("ablations", "broken_runs", "reruns", "two_ranks", "versions")
)
"""The files whose tests share a run of the whole workflow (the fixture `finished`)."""


class ByFile(LoadScopeScheduling):
    """One process takes a file whole, and one all the files of ONE_RUN, so that their run is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "tests/workflow" if file in ONE_RUN else file
