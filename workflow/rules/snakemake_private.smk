# Everything for which Snakemake 9.27 has no public way is in this file, and in no other.
import os

from snakemake.settings.types import RerunTrigger

from signscale.provenance.gpus import gpus_of_machine


def compares_only_times():
    """Whether Snakemake compares nothing but times, as profiles/default sets it.

    Private: `workflow.dag_settings`. A workflow cannot ask for its triggers or its checksum limit.
    """
    settings = workflow.dag_settings
    return not settings.max_checksum_file_size and settings.rerun_triggers == {RerunTrigger.MTIME}


def locked_by_another_run():
    """Whether another run works in this folder; asked before this one takes the lock.

    Private: the folder of the lock. Snakemake looks at it only after the graph is built.
    """
    folder = ".snakemake/locks"
    return os.path.isdir(folder) and any(os.scandir(folder))


def lift_rate_limit():
    """Take away Snakemake's default limit of 100 jobs started a second, unless the user set another.

    With a limit, 9.27 restarts a timer whenever it looks for jobs to start while others wait, and every job that ends
    adds such a look: after 200 jobs it looks 200 times a second, which cost a third of a core. Private: a profile can
    set another limit, but not none. Called while the graph is built: earlier there is no limit yet, later the
    scheduler has it.
    """
    limit = workflow.scheduling_settings and workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduling_settings.max_jobs_per_timespan = None


def forget_reasons(corpus):
    """Let Snakemake look again whether the jobs that build on a corpus's acquire job have to run; none runs yet.

    Private: the graph. After a checkpoint Snakemake keeps the reasons of before, so that what an equal manifest leaves
    fresh would still run.
    """
    dag = workflow.dag
    jobs = [job for job in dag.jobs if job.rule.name == "acquire_corpus" and job.wildcards.corpus == corpus]
    for job in dag.bfs(dag.depending, *jobs):
        if job not in jobs:
            dag.reason(job).clear()


def corpora_to_extract():
    """The corpora with clips to extract in this run, or to acquire first; asked before its first job.

    Private: the graph. No handler of a workflow learns which jobs are to run.
    """
    first = [job for job in workflow.dag.needrun_jobs() if job.rule.name in ("extract_shard", "acquire_corpus")]
    return sorted({job.wildcards.corpus for job in first})


def deploys_software():
    """Whether jobs run in the container or the conda environment that their rules name (`--sdm`).

    Private: `workflow.deployment_settings`. Snakemake does not say so before a job runs.
    """
    return bool(workflow.deployment_settings.deployment_method)


def submits_to_slurm():
    """The command that asks Slurm for the state of jobs, sacct by default; None if jobs are not submitted to Slurm.

    Private: the executor's settings. Empty where the executor chooses by itself, which it does for sacct.
    """
    if workflow.executor_plugin is None or workflow.executor_plugin.name != "slurm":
        return None
    return workflow.executor_settings.status_command or "sacct"


def local_gpus():
    """The GPUs that this run's jobs share by locks, and their number as Snakemake's limit; None on a cluster.

    --resources gpu=N, or `resources` of the profile, gives another number: fewer than there are, or more than
    nvidia-smi knows. A job that asks for more than the limit gets the limit, and one that gets none sees none. Private:
    only a cluster has a limit of nodes, and the limits are a table of the workflow.
    """
    if workflow.global_resources["_nodes"].value is not None or not workflow.is_main_process:
        return None
    found, given = gpus_of_machine(), workflow.global_resources.get("gpu").value
    if given is None:
        workflow.register_resource("gpu", len(found))
    elif given > len(found):
        found = [str(number) for number in range(given)]
    return found
