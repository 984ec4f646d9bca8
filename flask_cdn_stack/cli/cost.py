"""``cost``: estimate what a month and a deploy would cost, from the app's own files."""

from __future__ import annotations

import os
from typing import Any

import click

from ..assets.fingerprint import AssetObject
from ..aws.invalidations import MAX_WILDCARDS
from ..checks.content_security import lets_viewers_choose
from ..costs.estimate import Item, Publishing, Setup, Traffic, estimate_deploy, estimate_month, fitting_plan, total
from ..costs.prices import PAGES, PRICE_CLASSES, READ, VIEWERS
from ..costs.text import NOT_IN_IT, number_text, table_lines
from ..errors import AppError, RefusedError, SettingsError
from ..infrastructure.logs import LOG_DAYS
from ..quantities import count, size_text
from ..settings.model import Settings
from .app_process import LoadedApp, open_app
from .call import Call
from .deploy_assets import asking_for_files
from .group import Command
from .options import app_option, json_option, output_options, settings_options
from .upload_progress import UploadProgress

# Files that a visit loads by default; fewer if the app has fewer.
_REQUESTS_PER_VISIT = 30

# Share of the objects that changes with a deploy by default.
_CHANGED = 0.05

_some = click.IntRange(min=0)


@click.command("cost", cls=Command)
@click.option(
    "--visits", type=_some, default=10_000, show_default=True, help="Visits a month with an empty browser cache."
)
@click.option("--requests-per-visit", type=_some, help="Files that such a visit loads. Default: all, up to 30.")
@click.option("--bytes-per-visit", type=_some, help="Bytes of these files. Default: files of average size.")
@click.option(
    "--hit-rate",
    type=click.FloatRange(0, 100),
    default=90,
    show_default=True,
    help="Percentage of the requests that the edge answers from its cache.",
)
@click.option("--deploys", type=_some, default=20, show_default=True, help="Deploys a month.")
@click.option("--changed", type=_some, help="Objects that change with a deploy. Default: one in twenty.")
@click.option(
    "--viewers",
    type=click.Choice(VIEWERS),
    default="europe",
    show_default=True,
    help="Where the viewers are, which delivery.price_class has to serve.",
)
@app_option
@settings_options
@json_option
@output_options
def cost(**options: Any) -> None:
    """Estimate the cost of a month and of a deploy.

    Counts the app's own files, takes the traffic from the options, and multiplies by AWS's list prices. Needs
    neither an AWS account nor the network.

    \b
    flask-cdn-stack cost --app shop
    flask-cdn-stack cost --visits 500000 --deploys 60 --json
    """
    with open_app() as app:
        call = Call({"region": None, **options})
        settings = call.project.settings
        _check_priced(settings, options["viewers"])
        objects = _read_objects(call, app)
    published = Publishing(
        len(objects), sum(item.size for item in objects), options["deploys"], _changed(len(objects), options["changed"])
    )
    traffic = _traffic(published, options)
    if call.output.as_json:
        call.output.json(_json(traffic, published, make_setup(settings)))
    else:
        call.output.data("\n".join(estimate_lines(traffic, published, make_setup(settings))))
    call.say_next("cost")


def _read_objects(call: Call, app: LoadedApp) -> tuple[AssetObject, ...]:
    progress, config_file = UploadProgress(call.output), call.project.config_file
    asking = asking_for_files(call, app, progress, any_config=True, missing="ignore", rehash=False)
    try:
        with progress, asking as collect:
            return collect().source.build().objects
    except AppError as error:
        if config_file and not os.path.lexists(config_file):
            error.add_hint("`flask-cdn-stack init` writes a config file that it can import.", "\n")
        raise


def make_setup(settings: Settings) -> Setup:
    """Return the facts about the settings that affect the cost."""
    in_names, bucket = settings.assets.names_hold_checksums, settings.bucket
    return Setup(
        has_bucket=settings.has_bucket,
        kept_days=settings.assets.keep_days if in_names else bucket.noncurrent_days * bucket.versioning,
        most_paths=0 if in_names else MAX_WILDCARDS,
        has_new_keys=in_names,
        runs_function=settings.assets.maps_query or lets_viewers_choose(settings),
        has_own_key=settings.has_bucket and bucket.encryption == "kms",
        log_days=LOG_DAYS if settings.delivery.logs else 0,
    )


def estimate_lines(traffic: Traffic, published: Publishing, setup: Setup) -> list[str]:
    """Return the estimate as lines of text."""
    objects = count(published.objects, "object")
    plan = fitting_plan(traffic)
    plan_text = f"{plan.name}, {plan.usd} USD a month" if plan else "a larger one than is listed"
    return [
        f"{objects} of {size_text(published.size)}; "
        f"{count(traffic.visits, 'visit')} a month from {traffic.viewers}, each of "
        f"{count(traffic.requests_per_visit, 'request')} and {size_text(traffic.bytes_per_visit)};",
        f"the edge answers {number_text(100 * traffic.hit_rate)} % of the requests; "
        f"{count(published.deploys, 'deploy')} a month, {count(published.changed, 'object')} each.",
        "",
        *table_lines("A month", estimate_month(traffic, published, setup)),
        "",
        *_deploy_lines(published, setup),
        f"List prices as of {READ}, paid as used. Not in it:",
        *(f"  - {part}" for part in NOT_IN_IT),
        f"CloudFront's flat-rate plan for such traffic, which its console offers instead: {plan_text}.",
    ]


def _deploy_lines(published: Publishing, setup: Setup) -> list[str]:
    if not setup.has_bucket:
        return ["A deploy costs nothing: the edge fetches the files from the app.", ""]
    first, one = estimate_deploy(published.objects, setup, is_first=True), estimate_deploy(published.changed, setup)
    return [*table_lines("The first deploy", first), "", *table_lines("Each further one", one), ""]


def _json(traffic: Traffic, published: Publishing, setup: Setup) -> dict[str, Any]:
    plan = fitting_plan(traffic)
    return {
        "files": {"objects": published.objects, "bytes": published.size},
        "assumed": {
            "visits": traffic.visits,
            "requests_per_visit": traffic.requests_per_visit,
            "bytes_per_visit": traffic.bytes_per_visit,
            "hit_rate": 100 * traffic.hit_rate,
            "viewers": traffic.viewers,
            "deploys": published.deploys,
            "changed": published.changed,
        },
        "month": _bill(estimate_month(traffic, published, setup)),
        "first_deploy": _bill(estimate_deploy(published.objects, setup, is_first=True)),
        "deploy": _bill(estimate_deploy(published.changed, setup)),
        "flat_rate_plan": plan._asdict() if plan else None,
        "not_included": list(NOT_IN_IT),
        "prices": {"read": READ, "pages": list(PAGES)},
    }


def _bill(items: tuple[Item, ...]) -> dict[str, Any]:
    lines = [item._asdict() | {"quantity": round(item.quantity, 6), "usd": round(item.usd, 6)} for item in items]
    return {"usd": round(total(items), 6), "items": lines}


def _traffic(published: Publishing, options: dict[str, Any]) -> Traffic:
    requests, size = options["requests_per_visit"], options["bytes_per_visit"]
    if requests is None:
        requests = min(published.objects, _REQUESTS_PER_VISIT)
    if size is None:
        size = round(requests * published.size / published.objects) if published.objects else 0
    return Traffic(options["visits"], requests, size, options["hit_rate"] / 100, options["viewers"])


def _changed(objects: int, given: int | None) -> int:
    return min(objects, max(1, round(objects * _CHANGED)) if given is None else given)


def _check_priced(settings: Settings, viewers: str) -> None:
    """Refuse an estimate if the edge locations that serve the viewers are not known.

    :raises RefusedError: the settings have a target, whose CDN is not known.
    :raises SettingsError: the price class has no edge locations in the viewers' region.
    """
    if settings.target is not None:
        raise RefusedError(
            "The settings name a target, and what its CDN costs is not known here.",
            "See its provider's prices. For a stack instead, take target out of the settings.",
        )
    price_class = settings.delivery.price_class
    served = PRICE_CLASSES[price_class]
    if viewers not in served:
        raise SettingsError(
            f"--viewers {viewers}: delivery.price_class is {price_class}, which has no edge locations there.",
            f"Name the region that serves them, one of {', '.join(served)}, or set a wider delivery.price_class.",
        )
