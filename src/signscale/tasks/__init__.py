"""The tasks, one file each, which says all that is particular to it; and their registry.

Adding one is a file with a `TASK` in this folder, or in a folder `tasks` in the repository's root.
"""

from typing import TYPE_CHECKING

from signscale.registry import Registry

if TYPE_CHECKING:
    from signscale.tasks.task import Task

TASKS = Registry(__name__, __path__, "task")


def load_task(name: str) -> "Task":
    """The task of that name; raises SignScaleError listing the names there are."""
    return TASKS.load(name)
