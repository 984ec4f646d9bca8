"""What comes after a command that has done its work."""

from __future__ import annotations

import re

#: What comes after a command, by its name, and by what it was asked for or came to where that makes a difference.
#: A command in braces is one of this program, for the same stage.
AFTER = {
    "init": "{provision}, or `flask-cdn-stack local` to try it without an account.",
    "template": "{provision} makes a stack of it.",
    "template policy": "have it attached to whoever needs it; {doctor} then checks the rights.",
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
    "verify failed": "do what is said for each that is wrong, then {verify} again.",
    "releases": "{rollback} with the id of a release publishes it again.",
    "releases none": "{deploy}.",
    "rollback": "{open} shows a published file as the CDN serves it.",
    "rollback planned": "{rollback} without --dry-run publishes it again.",
    "prune": "{releases} lists what is kept.",
    "prune planned": "{prune} deletes them.",
    "destroy": "bring the app out with the config file as it is now; {provision} would make another stack.",
    "destroy planned": "{destroy} carries it out.",
    "config": "{config --write} writes the config file.",
    "config written": "bring the app out with it; {deploy} publishes its files.",
    "config explained": "{config --explain --write} makes a settings file of it.",
    "config compared": "{status} shows what there is.",
    "config carried over": "look it through, then {provision}.",
    "doctor": "{status} shows what there is.",
    "doctor wrong": "do what is said for each that is wrong, then {doctor} again.",
    "open": "{verify} looks at all that is published.",
    "cost": "{provision} creates the CDN.",
    "local": "{local} goes on from its state.",
    "demo": "`flask-cdn-stack init` begins with an app of your own.",
}


def step_after(done: str, stage: str | None) -> str:
    """Return a sentence for what comes after a command.

    :param done: a key of :data:`AFTER`.
    """
    return re.sub(r"\{(.*?)\}", lambda found: name_command(found[1], stage), AFTER[done])


def name_command(command: str, stage: str | None) -> str:
    """Return a command line as it stands in a sentence."""
    return f"`flask-cdn-stack {command}{f' --stage {stage}' if stage else ''}`"
