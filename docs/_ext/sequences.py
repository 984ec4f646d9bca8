"""What happens one after the other: the life of a request, and a deploy with the moments at which it may be killed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sheet import Box, Sheet

WIDTH = 720

# How far from its sender the words of a message may stand, so that they cross no line of another party.
_REACH = 192


class Party(NamedTuple):
    """Who takes part: where its line is, its name, and its kind of colour."""

    x: float
    name: str
    kind: str


class Message(NamedTuple):
    """What one party says to another, or does by itself."""

    sender: Party
    receiver: Party
    words: str
    kind: str = "plain"


def draw_parties(sheet: Sheet, parties: Sequence[Party], bottom: float) -> None:
    """Draw the parties side by side, each with a line down from it."""
    for party in parties:
        place = Box(party.x - 52, 16, 104, 34)
        sheet.line((party.x, place.bottom), (party.x, bottom), kind=party.kind, dashed=True, width=1)
        sheet.box(place, party.name, kind=party.kind)


def draw_message(sheet: Sheet, y: float, message: Message) -> None:
    """Draw a message, its words above the arrow; an answer is a broken one."""
    start, end = message.sender.x, message.receiver.x
    if start == end:
        sheet.text(start + 12, y, message.words, "ink")
        return
    sheet.arrow((start, y), (end, y), kind=message.kind, dashed=message.words.startswith("200"))
    reach = max(-_REACH, min(end - start, _REACH))
    sheet.text(start + reach / 2, y - 6, message.words, "ink", anchor="middle")


_APP, _BROWSER = Party(206, "Flask app", "app"), Party(360, "Browser", "plain")
_EDGE, _BUCKET = Party(514, "CloudFront", "aws"), Party(652, "S3 bucket", "aws")
_REQUEST: tuple[tuple[tuple[str, ...], tuple[Message, ...]], ...] = (
    (("The page",), (Message(_BROWSER, _APP, "GET /"), Message(_APP, _BROWSER, "200: CDN's URLs", "app"))),
    (
        ("First to ask", "nearby: a miss"),
        (
            Message(_BROWSER, _EDGE, "GET …?c=9f86d0"),
            Message(_EDGE, _BUCKET, "GET, signed", "aws"),
            Message(_BUCKET, _EDGE, "200: kept", "aws"),
            Message(_EDGE, _BROWSER, "200: X-Cache: Miss", "bad"),
        ),
    ),
    (
        ("All after", "that: a hit"),
        (Message(_BROWSER, _EDGE, "GET …?c=9f86d0"), Message(_EDGE, _BROWSER, "200: X-Cache: Hit", "good")),
    ),
    (("The same", "browser again"), (Message(_BROWSER, _BROWSER, "own copy: no request"),)),
    (
        ("After a deploy:", "another URL"),
        (Message(_BROWSER, _EDGE, "GET …?c=60303a"), Message(_EDGE, _BUCKET, "as above", "aws")),
    ),
)


def draw_request() -> Sheet:
    """How a page and its style sheet come to browsers, from the bucket and from the edge."""
    tops = [66.0]
    for _, messages in _REQUEST:
        tops.append(tops[-1] + max(60, 20 + 30 * len(messages)))
    sheet = Sheet(WIDTH, tops[-1] + 8)
    for top, after in pairwise(tops):
        sheet.band(Box(12, top, WIDTH - 24, after - top - 6))
    draw_parties(sheet, (_APP, _BROWSER, _EDGE, _BUCKET), tops[-1] - 6)
    for top, (title, messages) in zip(tops, _REQUEST, strict=False):
        for number, line in enumerate(title):
            sheet.text(24, top + 25 + 16 * number, line, "strong ink")
        for number, message in enumerate(messages):
            draw_message(sheet, top + 31 + 30 * number, message)
    return sheet


_DEPLOY, _FILES, _CDN = Party(76, "deploy", "tool"), Party(268, "S3 bucket", "aws"), Party(408, "CloudFront", "aws")

# What is done, and how it is after a kill that comes next.
_STEPS = (
    (Message(_DEPLOY, _FILES, "reads the record", "tool"), "nothing has changed"),
    (Message(_DEPLOY, _FILES, "claims the keys", "tool"), "nothing is written yet"),
    (Message(_DEPLOY, _FILES, "uploads the files", "tool"), "the next run sends them again"),
    (Message(_DEPLOY, _FILES, "records the release", "tool"), "the same, until the switch"),
    (Message(_DEPLOY, _CDN, "asks to forget old paths", "tool"), "the next run asks again, too"),
    (Message(_DEPLOY, _FILES, "switches the record", "good"), "the next run writes the manifest"),
    (Message(_DEPLOY, _DEPLOY, "writes cdn_manifest.txt"), ""),
)
_SWITCH = 5


def draw_deploy() -> Sheet:
    """The steps of a deploy, and what the next run finds when one is killed between them."""
    step, first = 52.0, 66.0
    middle, bottom = first + step * _SWITCH + 16, first + step * len(_STEPS) + 8
    sheet = Sheet(WIDTH, bottom + 14)
    sheet.band(Box(12, first, WIDTH - 24, middle - first - 4))
    sheet.band(Box(12, middle, WIDTH - 24, bottom - middle), "good")
    draw_parties(sheet, (_DEPLOY, _FILES, _CDN), bottom)
    sheet.text(486, 38, "If it is killed here", "strong ink")
    sheet.text(486, first + 18, "The old release is published", "strong quiet", size=11)
    sheet.text(486, middle + 18, "The new release is published", "strong fill good", size=11)
    for number, (message, left) in enumerate(_STEPS, 1):
        y = first + step * number - (24 if number <= _SWITCH else 6)
        draw_message(sheet, y, message)
        if left:
            sheet.line((_DEPLOY.x + 9, y + 20), (478, y + 20), kind="bad", dashed=True, width=1)
            sheet.dot(_DEPLOY.x, y + 20, str(number), "bad")
            sheet.text(486, y + 24, left, "ink")
    return sheet
