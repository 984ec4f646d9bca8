"""The next step that each command suggests when it has ended."""

from __future__ import annotations

import re

#: The next step by command, and by what it was called for or how it ended where that makes a difference. Words in
#: braces are a command of this program, for the same stage.
AFTER = {
    "init": "{provision}, or `flask-cdn-stack local` to try it without an account.",
    "check": "{provision} creates what they say.",
    "check wrong": "fix what is wrong, then {check} again.",
    "template": "{provision} makes a stack of it.",
    "template policy": "have it attached to the user or role that needs it; {doctor} then checks the permissions.",
    "template diff": "{provision} carries it out.",
    "template same": "{status} shows what else there is.",
    "provision": "{deploy}.",
    "provision planned": "{provision} carries it out.",
    "provision going on": "{status --follow}.",
    "deploy": "{open} shows a published file as the CDN serves it.",
    "deploy planned": "{deploy} publishes it.",
    "deploy nothing": "{status} shows what there is.",
    "deploy offline": "{deploy} without --offline publishes the files; ship the app with manifest and config file.",
    "status": "nothing is to be done; {open} shows a published file as the CDN serves it.",
    "verify": "{open} shows a published file as the CDN serves it.",
    "verify failed": "fix what is wrong, then {verify} again.",
    "releases": "{rollback} with the id of a release publishes it again.",
    "releases none": "{deploy}.",
    "rollback": "{open} shows a published file as the CDN serves it.",
    "rollback planned": "{rollback} without --dry-run publishes it again.",
    "prune": "{releases} lists what is kept.",
    "prune planned": "{prune} deletes them.",
    "destroy": "redeploy the app with the config file as it is now; {provision} would create a new stack.",
    "destroy planned": "{destroy} carries it out.",
    "config": "{config --write} writes the config file.",
    "config written": "redeploy the app with it; {deploy} publishes its files.",
    "config explained": "{config --explain --write} makes a settings file of it.",
    "config compared": "{status} shows what there is.",
    "config carried over": "check the settings file, then {provision}.",
    "doctor": "{status} shows what there is.",
    "doctor wrong": "fix what is wrong, then {doctor} again.",
    "open": "{verify} checks all published files.",
    "cost": "{provision} creates the CDN.",
    "local": "{local} goes on from its state.",
    "demo": "`flask-cdn-stack init` begins with an app of your own.",
}


def step_after(done: str, stage: str | None) -> str:
    """Return the sentence with the next step.

    :param done: a key of :data:`AFTER`.
    :param stage: added to the commands in the sentence.
    """
    return re.sub(r"\{(.*?)\}", lambda found: name_command(found[1], stage), AFTER[done])


def name_command(command: str, stage: str | None) -> str:
    """Return a command line in backquotes, with ``--stage`` if there is one."""
    return f"`flask-cdn-stack {command}{f' --stage {stage}' if stage else ''}`"
