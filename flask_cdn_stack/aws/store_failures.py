"""obstore's errors as ours. Rust's object_store says in prose what happened, so its words are looked for, here only."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from obstore.exceptions import BaseError

from ..errors import AWSError
from .failures import refusal, unreachable
from .objects import Keys
from .regions import elsewhere, find_region, is_elsewhere

#: What obstore raises, apart from panics.
STORE_ERRORS = (BaseError, OSError)

# What it tells of a bucket that is in another region.
_REDIRECTED = ("redirect without LOCATION", "307 Temporary Redirect")

# What it tells of a failure below HTTP, in the words of its parts.
_FAILURES = (
    (r"InvalidCertificate\(\s*(\w+)", "the certificate of {host} is not accepted"),
    (r"(ProxyAuthRequired)", "the proxy wants another user or password before it leads to {host}"),
    (r"(TunnelUnsuccessful)", "the proxy does not lead to {host}"),
    (r"\"(dns error)\"", "{host} has no address"),
    (
        r"ConnectFailed\(\s*ConnectError\([^}]*message: \"([^\"]+)\"",
        "no connection with the proxy that leads to {host}",
    ),
    (r"message: \"(Connection refused|Connection reset by peer)\"", "no connection with {host}"),
)


def translate_store(error: BaseException, action: str, keys: Keys, key: str, ask_region: Callable[[], str]) -> AWSError:
    """Return the error of ours for one of obstore's.

    :param action: the IAM action asked for; ``key`` is what for, unless the error names another.
    :param ask_region: says in which region the bucket is; asked only where the error leaves that open.
    """
    code, message = read_answer(error)
    text = str(error)
    first = text.partition("\n")[0]
    refused = re.search(r"request failed for key (.*): .* \(code:", text)
    resource = f"{keys.arn}/{refused[1]}" if refused else keys.resource(key)
    # Whether a request that ends so was carried out is not known.
    if "HTTP error: " in first or re.search(r"status code: 5(?!01)\d\d", first):
        return unreachable(f"{message} ({code})" if code else first)
    if is_elsewhere(code) or any(words in first for words in _REDIRECTED):
        return elsewhere(keys.bucket, find_region(text) or ask_region(), keys.connection.region)
    if code:
        return refusal(code, message, action, keys.bucket if code == "NoSuchBucket" else resource)
    return AWSError(f"{action} on {resource} failed: {first}")


def is_cut_off(error: BaseException) -> bool:
    """Say whether the answer to a listing broke off, which obstore does not ask for again."""
    return "list response body" in str(error)


def read_answer(error: BaseException) -> tuple[str, str]:
    """Return code and message of S3's answer in an error of obstore's; empty where there was none.

    What kept the request from being answered counts as an answer where obstore says what it was.
    """
    text = str(error)
    if refused := re.search(r"request failed for key .*: (.*) \(code: (\w+)\)", text):
        return refused[2], refused[1]
    if "HTTP error: " in text.partition("\n")[0]:
        return _read_failure(text)
    if "status code: 407" in text:
        return "ProxyAuthRequired", "407 Proxy Authentication Required"
    code = re.search(r"<Code>(.*?)</Code>", text)
    message = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    forbidden = "Forbidden" if "status code: 403" in text else ""
    return code[1] if code else forbidden, unescape(message[1]) if message else ""


def _read_failure(text: str) -> tuple[str, str]:
    host = re.search(r"https?://(?:[^/\s]*@)?([^/\s]+)", text)
    repeats = re.search(r", after \d+ retries", text)
    for pattern, words in _FAILURES:
        if found := re.search(pattern, text):
            return found[1], words.format(host=host[1] if host else "the endpoint") + (repeats[0] if repeats else "")
    return "", ""
