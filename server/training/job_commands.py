"""What to run for a job: the same commands that people run by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable

from server.datasets.quota import Held, quota_of
from server.recognition.erased_names import ErasedNames
from server.settings import Settings
from server.training.training_job import COLLECT, ERASE, TRAIN, TrainingJob

JobCommand = Callable[[TrainingJob, Settings], list[str]]


def job_command(job: TrainingJob, settings: Settings) -> list[str]:
    """The program and its arguments. Raises ValueError for a kind that there is not."""
    artifacts = ["--artifacts", str(settings.artifacts), "--json", "--progress-json"]
    start = [sys.executable, "-m", "model"]
    if job.kind == TRAIN:
        folder = str(settings.datasets / job.dataset)
        options = ["--name", job.model, *_options(job), *_erased(job, settings)]
        return [*start, "train", folder, *options, *artifacts]
    if job.kind == COLLECT:
        return [sys.executable, "-m", "data_cleaning", *_collect(job, settings)]
    if job.kind == ERASE:
        datasets = ["--datasets", str(settings.datasets)]
        # Behind --, for a class may have a name that begins with a dash.
        return [*start, "forget", *datasets, *artifacts, "--", job.model, job.label]
    raise ValueError(f"no such kind of job: {job.kind}")


def _collect(job: TrainingJob, settings: Settings) -> list[str]:
    """Nothing that a person typed can be taken for an option: it stands behind = or --. The service
    keeps no metadata of pictures, however they come.

    Raises QuotaReached.
    """
    wanted = job.arguments
    queries, licences = wanted["queries"], wanted["licences"]
    assert isinstance(queries, list) and isinstance(licences, list)
    places = [f"--provider={place}" for place in settings.providers]
    private = ["--allow-private"] if settings.collect_private else []
    words = [f"--query={query}" for query in queries] + [f"--licence={one}" for one in licences]
    quota = quota_of(settings)
    quota.check(job.dataset, 1)
    room = quota.room(job.dataset) or Held(1, 1)
    limits = [
        f"--interval={settings.collect_interval}",
        f"--most-pictures={room.pictures}",
        f"--most-bytes={room.bytes}",
    ]
    folder = str(settings.datasets / job.dataset)
    start = ["collect", f"--from={wanted['source']}", f"--count={wanted['count']}", *words]
    said = ["--json", "--totals", "--progress-json"]
    kept = ["--without-metadata"]
    return [*start, *places, *private, *limits, *kept, *said, "--", folder, job.label]


def _options(job: TrainingJob) -> list[str]:
    """What was asked for besides."""
    given = {name: value for name, value in job.arguments.items() if value}
    named = [f"--{name}={given[name]}" for name in ("recipe", "fpir") if name in given]
    switches = [name for name in ("private", "multi_label", "baseline") if name in given]
    return [*named, *(f"--{name.replace('_', '-')}" for name in switches), "--careful"]


def _erased(job: TrainingJob, settings: Settings) -> list[str]:
    """Whom the new version need not know, by the sha256 of their names: who was erased, and who was
    deleted or renamed since.
    """
    rules = ErasedNames(settings.state / "forgotten.json").rules()
    digests = [rule.digest for rule in rules if rule.model == job.model]
    more = job.arguments.get("without")
    digests += [str(digest) for digest in more] if isinstance(more, list) else []
    return [f"--without={','.join(digests)}"] if digests else []
