"""``cost``: an estimate of the project's own files, without an account and without a network."""

from __future__ import annotations

import re

import pytest

from flask_cdn_stack.cli.cost import estimate_lines
from flask_cdn_stack.costs.estimate import Publishing, Setup, Traffic
from tests.cli.observing import assert_one_message
from tests.conftest import ROOT, Program

_PAGE = ROOT / "docs" / "how-to" / "costs.rst"
_EXAMPLE = re.compile(r"\.\. (?P<call>Publishing[^`]*?)\n\n\.\. code-block:: text\n\n(?P<text>(?:   .*\n|\n)+)")


def test_the_app_s_own_files(offline_program: Program) -> None:
    """Are counted; what the options say is assumed, and printed with what is not in it and the prices' day."""
    offline_program.ok("init")

    report = offline_program.ok("cost", "--visits", "5", "--deploys", "2", "--json").json

    assert report["files"]["objects"] == 3
    assert report["assumed"] == {
        "visits": 5, "requests_per_visit": 3, "bytes_per_visit": report["files"]["bytes"], "hit_rate": 90.0,
        "viewers": "europe", "deploys": 2, "changed": 1,
    }  # fmt: skip
    assert report["month"]["usd"] == pytest.approx(sum(item["usd"] for item in report["month"]["items"]), abs=1e-5)
    assert "taxes" in " ".join(report["not_included"])
    text = offline_program.ok("cost").stdout
    assert "3 objects of " in text
    assert re.search(r"Total +(< )?\d+\.\d\d\n", text)
    assert re.search(r"List prices as of 20\d\d-\d\d-\d\d", text)


@pytest.mark.parametrize(
    ("settings", "arguments", "code", "words"),
    [
        ("", ("--viewers", "japan"), 2, "PriceClass_100"),
        ("target: {bucket: tea, domain: tea.example}\n", (), 4, "target"),
    ],
)
def test_what_has_no_price(
    offline_program: Program, settings: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Is refused rather than guessed."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text(settings)

    assert_one_message(offline_program("cost", *arguments), code, words)


def test_the_requests_of_a_deploy(provisioned: Program) -> None:
    """Are as many as the estimate says: of the first, and of one with a changed file."""
    estimate = provisioned.ok("cost", "--json", "--changed", "1").json
    for part in ("first_deploy", "deploy"):
        done = provisioned.ok("deploy", "--json").json["requests"]

        said = {item["name"]: item["quantity"] for item in estimate[part]["items"]}
        assert done["PutObject"] + done.get("ListObjectsV2", 0) == said["S3, writes"], (part, done)
        assert done["GetObject"] == said["S3, reads"], (part, done)
        assert done.get("CreateInvalidation", 0) == said.get("CloudFront, invalidation paths", 0), (part, done)
        (provisioned.folder / "shop/static/css/app.css").write_text("b { color: red }")


def test_the_worked_examples() -> None:
    """Are what the command would say for those numbers."""
    names = {"Publishing": Publishing, "Traffic": Traffic, "Setup": Setup}
    examples = list(_EXAMPLE.finditer(_PAGE.read_text("utf-8")))
    assert len(examples) >= 3
    for example in examples:
        published, traffic, setup = eval(f"({' '.join(example['call'].split())})", names)

        expected = "\n".join(estimate_lines(traffic, published, setup)).partition("\nThe first deploy")[0].rstrip()
        assert [line.strip() for line in example["text"].strip().splitlines()] == [
            line.strip() for line in expected.splitlines()
        ]
