"""A table of what can be wrong with what a CDN serves, and its remedy.

The check that found a fault fills in the words in braces.
"""

from __future__ import annotations

from typing import NamedTuple

from .model import Finding

#: The checks, in the order of the report.
CHECKS = (
    "host",
    "certificate",
    "http",
    "status",
    "bytes",
    "type",
    "cache",
    "cors",
    "compression",
    "hit",
    "query",
    "private",
    "pages",
)

#: Most characters of a server's response that are shown.
_SHOWN = 120


class Fault(NamedTuple):
    """A row: the fault's name, which is never changed, the check that finds it, its message, and the remedy."""

    code: str
    check: str
    problem: str
    remedy: str


_STATUS = "`flask-cdn-stack status` shows the state of the stack and the distribution."
_BY_HAND = "If somebody changed the object by hand, `flask-cdn-stack deploy --verify-remote` repairs it."
_POLICY = "`flask-cdn-stack provision --dry-run` shows whether the stack is as the settings say."
_APP = "Give the running app the manifest of the last deploy, and restart it."

FAULTS = (
    Fault(
        "name-unknown", "host", "the name {host} is not known to DNS: {reason}",
        "The name of a new distribution takes some minutes. A name of your own needs a CNAME to the distribution's "
        "domain, or the record that the stack makes with delivery.hosted_zone_id.",
    ),
    Fault(
        "unreachable", "host", "nothing answers: {reason}",
        f"{_STATUS} A distribution takes some minutes until every edge location knows it; look at proxies and "
        "firewalls (HTTPS_PROXY, NO_PROXY), too.",
    ),
    Fault(
        "stopped", "host", "it stopped answering; {left} were not requested",
        "Run this again when it answers, or with --sample for fewer requests.",
    ),
    Fault(
        "wrong-certificate", "certificate", "its certificate is not good for {host}: {reason}",
        "A name of your own has to be among delivery.aliases, and delivery.certificate_arn a certificate for it; "
        "run `flask-cdn-stack provision` after a change. Behind a proxy that opens TLS, name its authority in "
        "AWS_CA_BUNDLE.",
    ),
    Fault(
        "certificate-ends", "certificate", "its certificate ends in {days}",
        "ACM renews a certificate that it issued as long as its validation CNAME is in DNS; import an imported one "
        "anew.",
    ),
    Fault(
        "old-tls", "certificate", "it accepts {version}, which delivery.tls_policy {policy} does not allow",
        f"Run `flask-cdn-stack provision`. {_STATUS}",
    ),
    Fault(
        "plain-http", "http", "plain http is answered with {status}; delivery.viewer_protocol is {wanted}",
        f"Run `flask-cdn-stack provision`; {_POLICY}",
    ),
    Fault(
        "no-answer", "status", "no answer: {reason}",
        f"If it happens again, look at the CDN's health. {_STATUS}",
    ),
    Fault(
        "too-slow", "status", "no whole answer within {seconds}",
        "Ask for it once more; if it happens again, look at the origin: a file of that size may need a CDN that is "
        "nearer.",
    ),
    Fault(
        "moved", "status", "answers {status} and leads to {location}",
        "A published file stays where it is: look for a function or a rule of the CDN, or with origin: app for a "
        "view of the app, that sends viewers elsewhere.",
    ),
    Fault(
        "missing", "status", "answers {status}: there is no such file, or the CDN may not read it",
        "`flask-cdn-stack deploy --verify-remote` sends what was deleted by hand. If every file answers so, the "
        "bucket's policy does not let the distribution in: `flask-cdn-stack provision` says so and repairs it.",
    ),
    Fault(
        "server-error", "status", "answers {status}, asked {times}",
        "The origin is in trouble: with origin: app look at the app's log, else at AWS's health page. Then run "
        "this again.",
    ),
    Fault(
        "status", "status", "answers {status}",
        f"{_STATUS} A firewall (delivery.waf_arn), delivery.geo or a function may refuse viewers.",
    ),
    Fault(
        "too-long", "bytes", "sends more than the {size} that were published",
        f"The edge may keep an earlier copy: `flask-cdn-stack deploy --invalidate PATH --wait`. {_BY_HAND}",
    ),
    Fault(
        "other-bytes", "bytes", "other bytes than were published: {size} with the SHA-256 {checksum}",
        f"The edge may keep an earlier copy: `flask-cdn-stack deploy --invalidate PATH --wait`. {_BY_HAND} With "
        "origin: app, deploy the app whose files the manifest names.",
    ),
    Fault(
        "type", "type", "content type {found}, not {wanted}",
        f"`flask-cdn-stack deploy` sends files again whose headers the settings have changed. {_BY_HAND}",
    ),
    Fault(
        "encoding", "type", "content encoding {found}, not {wanted}",
        f"`flask-cdn-stack deploy` sends files again whose headers the settings have changed. {_BY_HAND}",
    ),
    Fault(
        "header", "type", "{name} {found}, not {wanted}",
        "`flask-cdn-stack deploy` sends files again whose headers the settings have changed. A policy or a rule of "
        "the CDN may take the header away, too.",
    ),
    Fault(
        "cache", "cache", "Cache-Control {found}, not {wanted}",
        "`flask-cdn-stack deploy` sends files again whose headers the settings have changed. A policy of the CDN "
        "may write another one over it, too.",
    ),
    Fault(
        "cors-missing", "cors", "a page of {origin} may not use it: Access-Control-Allow-Origin {found}",
        "Set delivery.cors and run `flask-cdn-stack provision`. A CDN that is not a stack's needs the header from "
        "its own rules; browsers refuse fonts and modules without it.",
    ),
    Fault(
        "cors-foreign", "cors", "a page of {origin} may use it, which delivery.cors does not name",
        f"Run `flask-cdn-stack provision`; {_POLICY}",
    ),
    Fault(
        "cors-vary", "cors", "Vary {found}, without Origin: browsers may keep a copy without CORS headers",
        "Run `flask-cdn-stack provision`: the stack's headers policy says it since version 0.1.",
    ),
    Fault(
        "preflight", "cors", "a preflight of {origin} is answered {status}, without its permission to {lacks}",
        "Let the CDN, or the bucket's CORS rules, name the origin and the method GET for OPTIONS, too.",
    ),
    Fault(
        "uncompressed", "compression", "is not compressed for a browser that takes {encoding}",
        "Set delivery.compress and run `flask-cdn-stack provision`. Copies that the edge has already stay "
        "uncompressed: `flask-cdn-stack deploy --invalidate PATH`.",
    ),
    Fault(
        "compressed-bytes", "compression", "as {encoding}, it is not what was published: {reason}",
        "Let the edge forget it: `flask-cdn-stack deploy --invalidate PATH --wait`. If it comes back, please "
        "report it.",
    ),
    Fault(
        "miss", "hit", "requested {times}, never answered from the CDN's cache: {seen}",
        "Look at the cache policy (delivery.cache_policy_id) and at delivery.ttl.max; with origin: app, at "
        "SEND_FILE_MAX_AGE_DEFAULT: an answer with `no-cache` is not kept.",
    ),
    Fault(
        "query", "query", "?{query} changes what is served: {what}",
        "Viewers can turn a file into a page on your host. Name the query strings that are forwarded: query_strings: "
        "[t, c, v], then `flask-cdn-stack provision`.",
    ),
    Fault(
        "own-folder", "private", "the record of releases can be read by everybody: it answers {status}",
        "Run `flask-cdn-stack provision`: the bucket's policy denies that folder to the distribution. At a CDN of "
        "your own, deny it /.flask-cdn-stack/*.",
    ),
    Fault(
        "bucket-open", "private", "the bucket answers {status} around the CDN",
        "Run `flask-cdn-stack provision`: the stack's bucket blocks public access. For a bucket of your own, turn "
        "on Block Public Access and let its policy name the distribution alone.",
    ),
    Fault(
        "listing", "private", "the root answers {status}",
        "Run `flask-cdn-stack provision`: / shows nothing, because its root object is never published.",
    ),
    Fault(
        "page", "pages", "the page cannot be read: {reason}",
        "Name a page that answers 200 without logging in, with --page; the app's own error is in its log.",
    ),
    Fault(
        "named-missing", "pages", "{reason}; named by {page}",
        f"If the file is published now under another checksum: {_APP} Otherwise the page, or the style sheet, names "
        "a file that does not exist.",
    ),
    Fault(
        "named-earlier", "pages", "is not in the published release; named by {page}",
        _APP,
    ),
    Fault(
        "named-other", "pages", "other bytes than were published; named by {page}",
        f"The edge may keep an earlier copy: `flask-cdn-stack deploy --invalidate PATH --wait`. {_BY_HAND}",
    ),
)  # fmt: skip

_BY_CODE = {fault.code: fault for fault in FAULTS}


def find_fault(code: str, url: str, **words: object) -> Finding:
    """Return the finding for a row; texts from a server are shortened, and lose their control characters."""
    fault = _BY_CODE[code]
    shown = {name: show(str(word)) for name, word in words.items()}
    return Finding(_make_plain(url), fault.check, fault.problem.format(**shown), fault.remedy)


def show(text: str) -> str:
    """Return a text from a server so that it is safe on a terminal and in XML."""
    plain = _make_plain(text)
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 3]}..."


def _make_plain(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
