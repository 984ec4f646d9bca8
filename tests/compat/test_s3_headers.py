"""Headers of Flask-S3's settings: dates in any form that boto3 takes, and refusals that say what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from flask_cdn_stack.compat.s3_headers import read_filepath_headers, read_headers
from flask_cdn_stack.errors import SettingsError

NEW_YEAR = "Thu, 01 Jan 2032 00:00:00 GMT"
#: It is after the last moment there is in UTC.
LAST = datetime.max.replace(tzinfo=timezone(timedelta(hours=-2)))
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2032, 1, 1), NEW_YEAR),
        (datetime(2032, 1, 1, tzinfo=UTC), NEW_YEAR),
        (datetime(2032, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), NEW_YEAR),
        (date(2032, 1, 1), NEW_YEAR),
        ("2032-01-01", NEW_YEAR),
        ("2032-01-01T00:00:00Z", NEW_YEAR),
        (" 2031-12-31 22:30:00-01:30 ", NEW_YEAR),
        ("Thu, 01 Jan 2032 00:00:00 GMT", NEW_YEAR),
        ("Thu, 01 Jan 2032 02:00:00 +0200", NEW_YEAR),
        ("Thursday, 01-Jan-32 00:00:00 GMT", NEW_YEAR),
        ("Thu Jan  1 00:00:00 2032", NEW_YEAR),
        ("1956528000", NEW_YEAR),
        (1956528000, NEW_YEAR),
        ("0", EPOCH),
        (0, EPOCH),
    ],
    ids=str,
)
def test_expires(value: object, expected: str) -> None:
    """Becomes an HTTP date, by UTC where it has no zone."""
    assert read_headers("FLASKS3_HEADERS", {"expires": value}) == {"Expires": expected}


@pytest.mark.parametrize(
    "value",
    ["access plus 1 year", "", "-1", "2032-13-01", "9" * 30, 10**30, LAST, [], None, True, b"0"],
    ids=str,
)
def test_what_is_no_date(value: object) -> None:
    """Is refused with an example."""
    with pytest.raises(SettingsError, match=r"'Expires' with .*, which is not a date") as caught:
        read_headers("FLASKS3_HEADERS", {"Expires": value})

    assert "15 Apr 2032" in caught.value.hint


def test_a_date_elsewhere() -> None:
    """Is no text."""
    with pytest.raises(SettingsError, match="neither a text nor a whole number"):
        read_headers("FLASKS3_HEADERS", {"X-Date": date(2032, 1, 1)})


@pytest.mark.parametrize(
    "headers",
    [
        ["a"],
        ({"A": "b"},),
        {"A B": "c"},
        {7: "c"},
        {"Content-Length": "3"},
        {"Cache-Control": ("max-age=1",)},
        {"Cache-Control": 1.5},
        {"X-Name": "Grün"},
        {"X-Name": "a\nb"},
        {"Expires": "soon"},
    ],
    ids=str,
)
def test_a_refusal(headers: object) -> None:
    """Says what to do."""
    for values in ({"all": headers}, {"paths": {"css$": headers}}):
        with pytest.raises(SettingsError) as caught:
            read_headers("all", headers) if "all" in values else read_filepath_headers(values, "paths")
        assert caught.value.hint


@pytest.mark.parametrize("rules", [["a"], ({"a": {}},), {"(": {}}, {7: {}}, {b"a": {}}], ids=str)
def test_a_refusal_of_rules(rules: object) -> None:
    """Says what to do, too."""
    with pytest.raises(SettingsError, match="FLASKS3_FILEPATH_HEADERS") as caught:
        read_filepath_headers({"FLASKS3_FILEPATH_HEADERS": rules}, "FLASKS3_FILEPATH_HEADERS")

    assert caught.value.hint
