"""A report as JUnit XML for CI servers, with a test case for each URL and for each check."""

from __future__ import annotations

from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .model import Finding, VerifyReport

_NAME = "flask-cdn-stack verify"


def render_junit(report: VerifyReport, seconds: float) -> str:
    """Return the XML. All findings at one URL are one failure, with the remedies in its text.

    :param seconds: how long the checks took.
    """
    wrong: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.failed:
        wrong[finding.url].append(finding)
    urls = list(dict.fromkeys((*report.checked, *wrong)))
    counts: dict[str, str] = {"tests": str(len(urls) + len(report.checks)), "failures": str(len(wrong)), "errors": "0"}
    counts |= {"name": _NAME, "time": f"{seconds:.3f}"}
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", counts)
    for url in urls:
        case = SubElement(suite, "testcase", classname="url", name=url)
        if found := wrong.get(url):
            failure = SubElement(case, "failure", type=found[0].check)
            failure.set("message", "; ".join(finding.problem for finding in found))
            failure.text = "\n".join(map(_explain, found))
    for check in report.checks:
        # Findings are reported with their URLs.
        case = SubElement(suite, "testcase", classname="check", name=check.name)
        SubElement(case, "system-out").text = "; ".join((f"{check.looked:,} looked at", *check.notes))
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _explain(finding: Finding) -> str:
    text = f"{finding.check}: {finding.problem}. {finding.remedy}"
    return f"{text} See {finding.see}" if finding.see else text
