"""Translates obstore's errors into those of ``errors.py``. They are only text, so this module searches their words."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from obstore.exceptions import BaseError

from ..errors import AWSError
from .failures import refusal, unreachable
from .objects import Keys
from .regions import elsewhere, find_region, is_elsewhere

#: The exceptions that obstore raises, apart from panics.
STORE_ERRORS = (BaseError, OSError)

# Its words for a bucket that is in another region.
_REDIRECTED = ("redirect without LOCATION", "307 Temporary Redirect")

# The words for failures below HTTP, from the libraries that it uses, and ours.
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
    """Return an error of ``errors.py`` for one of obstore's.

    :param action: the IAM action of the request.
    :param key: the key of the request, unless the error names another.
    :param ask_region: returns the bucket's region; called only if the error does not name it.
    """
    code, message = read_answer(error)
    text = str(error)
    first = text.partition("\n")[0]
    refused = re.search(r"request failed for key (.*): .* \(code:", text)
    resource = f"{keys.arn}/{refused[1]}" if refused else keys.resource(key)
    # It is not known whether such a request was carried out.
    if "HTTP error: " in first or re.search(r"status code: 5(?!01)\d\d", first):
        return unreachable(f"{message} ({code})" if code else first)
    if is_elsewhere(code) or any(words in first for words in _REDIRECTED):
        return elsewhere(keys.bucket, find_region(text) or ask_region(), keys.connection.region)
    if code:
        return refusal(code, message, action, keys.bucket if code == "NoSuchBucket" else resource)
    return AWSError(f"{action} on {resource} failed: {first}")


def is_cut_off(error: BaseException) -> bool:
    """Return whether the answer to a listing broke off; obstore does not repeat such a request."""
    return "list response body" in str(error)


def read_answer(error: BaseException) -> tuple[str, str]:
    """Return code and message of S3's answer in an error of obstore's; empty if there was no answer.

    If the error says why there was no answer, that is returned in the same way.
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
