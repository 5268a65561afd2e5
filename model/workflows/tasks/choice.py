"""The one place where a data set of one class a picture parts from one of several."""

from __future__ import annotations

from typing import Any, TypeAlias

from model.workflows.tasks.multi_label import MultiLabelTask
from model.workflows.tasks.single_label import SingleLabelTask
from model.workflows.tasks.task import Task

AnyTask: TypeAlias = Task[Any, Any]


def task_for(multi_label: bool) -> AnyTask:
    """The task of pictures that carry one class each, or of those that may carry several."""
    return MultiLabelTask() if multi_label else SingleLabelTask()
