"""Celery's workers, which it forks from a process that has loaded the app."""

from __future__ import annotations

import os

import pytest

from tests.conftest import write_files

from .workshop import Workshop, ended

NEEDS = "celery"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")

_TASKS = """
    from pathlib import Path

    from celery import Celery
    import shop

    queue, answers = Path("queue"), Path("answers")
    for folder in (queue, answers):
        folder.mkdir(exist_ok=True)

    celery = Celery("shop", broker="filesystem://", backend=answers.absolute().as_uri())
    celery.conf.update(
        broker_transport_options={
            "data_folder_in": str(queue), "data_folder_out": str(queue), "control_folder": str(queue),
            "polling_interval": 0.05,
        },
        broker_connection_retry_on_startup=False,
    )


    @celery.task
    def work(name):
        return shop.work(name)
"""

_ASK = """
    import tasks

    answer = tasks.work.delay("task").get(timeout=80, interval=0.05)
    assert answer == "done by task"
"""


def test_a_task(workshop: Workshop) -> None:
    """Uploads and sees new manifests, in a process whose parent has done so."""
    write_files(workshop.folder, {"tasks.py": _TASKS})
    worker = workshop.start(
        *("-m", "celery", "--app=tasks", "worker", "--pool=prefork", "--concurrency=1"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        environment={"FIRST": "work('parent')"},
        start_new_session=True,
    )
    with ended(worker):
        workshop.run(_ASK)
    workshop.expect_uploads("parent", "task")
