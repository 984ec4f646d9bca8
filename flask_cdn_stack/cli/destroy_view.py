"""Shows a deletion: the plan, the progress of emptying the bucket, and the result."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..aws.account import read_account
from ..aws.stack_recovery import StackResource
from ..errors import AWSError
from ..quantities import count, size_text
from ..release.bucket_survey import Tally
from ..stack.destroy import DestroyReport
from ..stack.destroy_values import Cost, DestroyPlan
from .call import Call
from .serving import end_on_signal
from .streams import is_terminal

# Without a bar, a line is shown after each such number of batches.
_QUIET_BATCHES = 10


class DestroyView:
    """Shows a deletion: with a bar on a terminal while the bucket is emptied, with lines elsewhere."""

    def __init__(self, call: Call) -> None:
        self._call, self._output = call, call.output
        self._bar: Any = None
        self._task: Any = None
        self._batches = 0

    def warn(self, text: str) -> None:
        """Show a warning."""
        self._output.warn(text)

    def show(self, plan: DestroyPlan, costs: Sequence[Cost]) -> None:
        """Show what would be deleted, and what stays."""
        output, where = self._output, f"in {plan.region}, {self._account(plan)}"
        if plan.before is None:
            output.plan(f"There is no stack {plan.stack} {where}; nothing to delete.")
            return
        if plan.deletes_stack:
            output.plan(f"Delete the stack {plan.stack} {where} ({plan.before.status}):")
        else:
            output.plan(f"The stack {plan.stack} {where}, is deleted. Its resources:")
        rows = [("Gone" if plan.is_gone(item) else "Delete", *_cells(item)) for item in plan.goes]
        rows += [("Keep", *_cells(item)) for item in plan.stays]
        output.table(("Action", "Resource", "Type", "Name"), rows, is_plan=True)
        for line in (*_describe_bucket(plan), *_list_costs(costs, "What stays and may cost money:")):
            output.plan(line)
        if plan.deletes_stack and plan.has_distribution and not self._call.connection.is_local:
            output.say(
                "The distribution takes 5 to 15 minutes: CloudFront switches it off everywhere before it deletes it."
            )

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let signals end the block as Ctrl-C does; remove the bar at its end."""
        try:
            with end_on_signal():
                yield
        finally:
            self._stop()

    def emptied(self, done: Tally, doomed: Tally) -> None:
        """Show the progress after a batch."""
        self._batches += 1
        if self._bar is None and is_terminal(sys.stderr) and not self._output.as_json:
            self._start(doomed.total)
        if self._bar is not None:
            self._bar.update(self._task, completed=done.total)
            if done.total >= doomed.total:
                self._stop()
        elif self._batches % _QUIET_BATCHES == 0:
            self._output.say(f"  Deleted {done.total:,} of {doomed.total:,} from the bucket ...")

    def show_end(self, report: DestroyReport) -> None:
        """Say what was deleted, and what is left."""
        output, plan = self._output, report.plan
        if plan.before is None:
            self.show(plan, ())
            return
        if report.emptied.total:
            output.done(f"Deleted from the bucket {plan.bucket}: {_describe(report.emptied)}.")
        if any(item.physical_id == plan.bucket for item in report.deleted):
            output.done(f"Deleted the bucket {plan.bucket}.")
        if plan.deletes_stack:
            output.done(f"Deleted the stack {plan.stack}.")
        for file in report.changed_files:
            if file == report.config_file:
                output.say(f"{file} says CDN_DOMAIN = None: an app that starts with it serves its files itself.")
            else:
                output.say(f"Removed {file}; the next deploy writes it anew.")
        if not plan.does_anything:
            return
        for line in _list_costs(report.costs, "What is left and may cost money:"):
            output.say(line)
        if plan.bucket and any(item.physical_id == plan.bucket for item in report.kept):
            output.say(
                f"To use the bucket again: `flask-cdn-stack provision --adopt {plan.bucket}`. Or, outside any stack, "
                f"with these lines in the settings file:\n  bucket:\n    existing: {plan.bucket}"
            )

    def _account(self, plan: DestroyPlan) -> str:
        try:
            return str(read_account(self._call.connection))
        except AWSError:
            return f"account {plan.before.account}" if plan.before else "this account"

    def _start(self, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # only for a terminal

        columns = (TextColumn("Emptying the bucket"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=self._output.console())
        self._task = self._bar.add_task("emptying", total=total)
        self._bar.start()
        self._output.bars.append(self._bar)

    def _stop(self) -> None:
        if self._bar is not None:
            self._output.bars.remove(self._bar)
            self._bar.stop()
            self._bar = None


def describe_report(report: DestroyReport) -> dict[str, Any]:
    """Return the object that ``--json`` prints."""
    plan, emptied = report.plan, report.emptied
    return {
        "stack": plan.stack,
        "region": plan.region,
        "status": report.status,
        "deleted": [_describe_resource(item) for item in report.deleted],
        "kept": [_describe_resource(item) for item in report.kept],
        "emptied": {
            "objects": emptied.objects,
            "versions": emptied.versions,
            "markers": emptied.markers,
            "bytes": emptied.bytes,
        },
        "costs": [cost._asdict() for cost in report.costs],
        "config_file": str(report.config_file) if report.config_file else None,
    }


def _describe_resource(item: StackResource) -> dict[str, str]:
    return {"logical_id": item.logical_id, "type": item.type, "id": item.physical_id}


def _cells(item: StackResource) -> tuple[str, str, str]:
    return item.logical_id, item.type, item.physical_id


def _describe_bucket(plan: DestroyPlan) -> Iterator[str]:
    if not plan.bucket:
        return
    if plan.survey is not None:
        others = plan.survey.foreign
        foreign = f" Not published by this project: {_describe(others)}." if others.total else ""
        yield f"Delete from the bucket {plan.bucket}: {_describe(plan.doomed)}; then the bucket itself.{foreign}"
    elif plan.tally is None:
        yield (
            f"In the bucket {plan.bucket}: not known, because these credentials may not list it "
            "(s3:ListBucketVersions)."
        )
    else:
        yield f"In the bucket {plan.bucket}: {_describe(plan.tally)}."


def _describe(tally: Tally) -> str:
    parts = [
        count(tally.objects, "object"),
        *([count(tally.versions, "earlier version")] if tally.versions else []),
        *([count(tally.markers, "delete marker")] if tally.markers else []),
    ]
    return f"{', '.join(parts)} ({size_text(tally.bytes)})"


def _list_costs(costs: Sequence[Cost], title: str) -> Iterator[str]:
    if not costs:
        yield "Nothing is left that costs money."
        return
    yield title
    for cost in costs:
        size = f" ({size_text(cost.bytes)})" if cost.bytes is not None else ""
        yield f"  {cost.kind} {cost.name}{size}: {cost.note}"
