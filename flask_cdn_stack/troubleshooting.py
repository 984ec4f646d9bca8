"""Finds the entry in the documentation on a message, by the message's words."""

from __future__ import annotations

import re

#: The project's documentation; ``pyproject.toml`` names it too.
DOCUMENTATION = "https://flask-cdn-stack.readthedocs.io/"

#: The documentation of the newest release.
PAGES = f"{DOCUMENTATION}en/stable/"

#: Labels of the troubleshooting page's entries, and parts of the messages that each is about. Three dots stand for any
#: text within the line. The first entry with a part that the message contains counts.
ENTRIES = {
    "trouble-credentials": (
        *("There are no AWS credentials.", "The AWS credentials have expired.", "AWS does not accept the credentials"),
        "Half of an access key is given",
    ),
    "trouble-clock": ("AWS refuses what this machine signs, because its clock is wrong",),
    "trouble-network": ("AWS could not be reached",),
    "trouble-region": ("is in the region", "is not in the region"),
    "trouble-alias": ("CNAMEAlreadyExists", "CNAMEs you provided are already associated"),
    "trouble-certificate": (
        *("The certificate of delivery.certificate_arn was not looked at", "the certificate is not issued yet"),
        *("must attach a trusted certificate", "its certificate is not good for", "its certificate ends in"),
    ),
    "trouble-denied": ("AWS denied", "not authorized to perform"),
    "trouble-no-stack": ("There is no stack",),
    "trouble-not-ours": (
        *("was not made by flask-cdn-stack", "was not written by flask-cdn-stack", "belongs to the project"),
    ),
    "trouble-stack": ("First cause:", "CloudFormation refuses the template", "is in the state", "was not deleted"),
    "trouble-twice-registered": ("has a CDN already", "has no CDN"),
    "trouble-module": ("did not load", "ended the program while it was loaded"),
    "trouble-extra": ("is not installed.", "is not installed:"),
    "trouble-manifest": (
        *("The manifest ... cannot be fetched", "The manifest ... cannot be read", "of the manifest is damaged"),
        "The manifest is cut off in its last line.",
    ),
    "trouble-own-url": ("is not in the manifest", "its URL stays the app's own."),
    "trouble-foreign": ("What lies in this bucket belongs to", "has something already"),
    "trouble-secret": ("Likely a secret, and everybody could read it",),
    "trouble-deletes": ("Objects to delete: ...; assets.max_deletes allows",),
    "trouble-waiting": ("Waiting: another run is deleting",),
    "trouble-port": ("Port ... cannot be used",),
    "trouble-terminal": ("There is no terminal to ask on.",),
    "trouble-changed": ("changed while it was being deployed.",),
    "trouble-rollback": ("has no object where apps would look for", "was made without assets.publish_manifest"),
    "trouble-key": ("is not a known key.",),
    "trouble-403": ("lacks these statements", "there is no such file, or the CDN may not read it"),
    "trouble-cors": ("may not use it: Access-Control-Allow-Origin", "a preflight of"),
    "trouble-old": ("other bytes than were published", "is not in the published release; named by"),
    "trouble-403-one": ("; named by",),
    "trouble-dns": ("is not known to DNS",),
}


def find_entry(message: str) -> str:
    """Return the label of a message's entry; empty if it has none."""
    return next((label for label, words in ENTRIES.items() if any(_has(message, part) for part in words)), "")


def find_page(message: str) -> str:
    """Return the URL of a message's entry; empty if it has none."""
    label = find_entry(message)
    return f"{PAGES}how-to/troubleshooting.html#{label}" if label else ""


def see(message: str) -> str:
    """Return a sentence with the URL of a message's entry; empty if it has none."""
    page = find_page(message)
    return f"See {page}" if page else ""


def find_failure_page(message: str, remedy_code: str) -> str:
    """Return the URL of the documentation on a failure: on AWS's reason if it is known, else on the message.

    :param remedy_code: the code of a row of :data:`~flask_cdn_stack.checks.failure_remedies.REMEDIES`, or empty.
    """
    if remedy_code and find_entry(message) in ("", "trouble-stack"):
        return f"{PAGES}reference/failures.html#{remedy_code}"
    return find_page(message)


def _has(message: str, words: str) -> bool:
    if "..." not in words:
        return words in message
    return re.search(".*".join(map(re.escape, words.split("..."))), message) is not None
