"""How `pytest -n` shares out the tests."""

from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """One process takes a file whole, and one all of tests/workflow, whose run is made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "tests/workflow" if file.startswith("tests/workflow/") else file
