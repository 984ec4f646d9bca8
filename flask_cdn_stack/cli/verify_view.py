"""Shows the report of a verification: a table of the checks with the findings below it, or JSON."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import click

from ..verify.model import Check, Finding, VerifyReport
from .output import Output, count

#: Most URLs that are shown for the same finding.
_SHOWN = 5


def show_report(output: Output, report: VerifyReport) -> None:
    """Print the report as data, and a summary on standard error."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in (*_table(report.checks), *_findings(report, output.verbose, width)):
        output.data(line)
    urls, wrong = count(len(report.checked), "URL"), count(len(report.failed), "finding")
    if report.failed:
        output.say(click.style(f"{urls} checked, {wrong}.", fg="red"))
    else:
        output.done(f"{urls} checked: all is as published.")


def report_json(report: VerifyReport) -> dict[str, Any]:
    """Return the object that ``--json`` prints, without the keys of :func:`~.site.costs`."""
    return {
        "checked": len(report.checked),
        "failed": [{**finding._asdict(), "see": finding.see or None} for finding in report.failed],
        "checks": [{**check._asdict(), "notes": list(check.notes)} for check in report.checks],
    }


def _table(checks: tuple[Check, ...]) -> Iterator[str]:
    width = max((len(check.name) for check in checks), default=0)
    yield click.style(f"{'CHECK':{width}}  {'LOOKED AT':>9}  {'WRONG':>6}", bold=True)
    for check in checks:
        color = "red" if check.wrong else "green" if check.looked else "bright_black"
        looked, wrong = (f"{number:,}" if number else "-" for number in (check.looked, check.wrong))
        wrong = click.style(f"{wrong:>6}", fg="red" if check.wrong else None)
        note = click.style("; ".join(check.notes), fg="bright_black") if check.notes else ""
        yield f"{click.style(f'{check.name:{width}}', fg=color)}  {looked:>9}  {wrong}  {note}".rstrip()


def _findings(report: VerifyReport, shows_all: bool, width: int) -> Iterator[str]:
    groups: dict[Finding, list[str]] = defaultdict(list)
    for finding in report.failed:
        groups[finding._replace(url="")].append(finding.url)
    for finding, urls in groups.items():
        yield ""
        yield f"{click.style(finding.check, fg='red', bold=True)}: {finding.problem}"
        shown = urls if shows_all else urls[:_SHOWN]
        yield from (f"  {url}" for url in shown)
        if left := len(urls) - len(shown):
            yield f"  ... and {left:,} more (--verbose shows all, and --json too)"
        # Wrapped at a terminal, which would break words; in a pipe, each remedy is one line.
        first, *more = textwrap.wrap(finding.remedy, width - 4) if width > 40 else [finding.remedy]
        yield f"  {click.style('>', fg='yellow')} {first}"
        yield from (f"    {line}" for line in more)
        if finding.see:
            yield f"    See {finding.see}"
