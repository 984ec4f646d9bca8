"""What a site's bucket holds, read over the network, and an edge that hears what CloudFront is asked to forget."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import quote
from urllib.request import urlopen
from xml.etree import ElementTree

from flask_cdn_stack.naming import MANIFEST_KEY, VERSIONS_FOLDER
from flask_cdn_stack.release.state import STATE_KEY
from tests.faults.site import Site
from tests.local.published_site import client, outputs, view
from tests.soak.bucket_facts import Facts
from tests.soak.edge_model import Answer

# The beginning of the names of headers that an object has of its own.
_META = "x-amz-meta-"


# Where objects lie whose older versions matter. Of records, they do not.
_VERSIONED = ("static/", f"{VERSIONS_FOLDER}/", "theirs/", MANIFEST_KEY)


class SiteMirror:
    """Keeps the facts of a site up to date. Viewers may come at any time."""

    def __init__(self, site: Site, stack: str) -> None:
        self.facts = Facts()
        self._site = site
        self._cloudfront = client(site.aws, "cloudfront")
        self._distribution = outputs(site.aws, stack)["DistributionId"]
        self._heard: set[str] = set()
        self._viewing = threading.Lock()

    def read(self) -> None:
        """Fetch what is new in the bucket."""
        s3 = self.facts.s3
        objects: dict[str, bytes] = {}
        current: dict[str, str] = {}
        for key, version, etag, is_latest in itertools.chain(*map(self._list_versions, _VERSIONED)):
            if (place := (key, version)) not in s3.versions:
                s3.versions[place], s3.etags[place] = self._fetch(key, f"?versionId={version}"), etag
            if is_latest:
                objects[key], current[key] = s3.versions[place].body, version
        for key, etag in self._list_objects():
            if key not in current:
                if (place := (key, etag)) not in s3.versions:
                    s3.versions[place] = self._fetch(key)
                objects[key], current[key] = s3.versions[place].body, etag
        s3.objects, s3.current = objects, current
        with self._viewing:
            self._hear()

    def view(self, url: str, now: float) -> Answer | None:
        """Let a viewer fetch a URL through the edge."""
        with self._viewing:
            self._hear()
            return self.facts.edge.fetch(url, self.ask_cdn, now)

    def ask_cdn(self, url: str) -> Answer | None:
        """Fetch a URL from the distribution, which holds no copies."""
        answer = view(self._site.aws, self._site.domain, url)
        return _read_answer(answer.headers, answer.body) if answer.status == 200 else None

    def _list_versions(self, prefix: str) -> Iterator[tuple[str, str, str, bool]]:
        """Yield key, version, ETag and whether it is the current one."""
        marker: str | None = ""
        while marker is not None:
            page = self._ask(f"{self._site.bucket}?versions&prefix={prefix}{marker}")
            for values in map(_read_values, page.iterfind("{*}Version")):
                yield values["Key"], values["VersionId"], values["ETag"], values["IsLatest"] == "true"
            said = _read_values(page)
            after, of = (said.get(f"Next{name}Marker", "") for name in ("Key", "VersionId"))
            marker = f"&key-marker={quote(after)}&version-id-marker={quote(of)}" if after else None

    def _list_objects(self) -> Iterator[tuple[str, str]]:
        """Yield the key of everything that lies in the bucket now, with its ETag."""
        page = self._ask(f"{self._site.bucket}?list-type=2")
        assert _read_values(page)["IsTruncated"] == "false"
        return ((values["Key"], values["ETag"]) for values in map(_read_values, page.iterfind("{*}Contents")))

    def _ask(self, path: str) -> ElementTree.Element:
        """Return a list's XML, which boto3 takes ten times as long to read."""
        with urlopen(f"{self._site.aws.endpoint_url}/{path}", timeout=20) as answer:
            return ElementTree.parse(answer).getroot()

    def _hear(self) -> None:
        page = self._ask(f"2020-05-31/distribution/{self._distribution}/invalidation")
        asked = {_read_values(item)["Id"] for item in page.iterfind("{*}Items/{*}InvalidationSummary")}
        for number in asked - self._heard:
            found = self._cloudfront.get_invalidation(DistributionId=self._distribution, Id=number)
            self.facts.edge.forget(found["Invalidation"]["InvalidationBatch"]["Paths"]["Items"])
        self._heard |= asked

    def _fetch(self, key: str, version: str = "") -> Answer:
        url = f"{self._site.aws.endpoint_url}/{self._site.bucket}/{quote(key)}{version}"
        with urlopen(url, timeout=20) as answer:
            return _read_answer({name.lower(): value for name, value in answer.headers.items()}, answer.read())

    def put(self, key: str, answer: Answer) -> None:
        """Write an object, as anybody may."""
        self._site.s3.put_object(
            Bucket=self._site.bucket,
            Key=key,
            Body=answer.body,
            ContentType=answer.content_type,
            CacheControl=answer.cache_control,
        )

    def delete(self, key: str) -> None:
        """Delete an object, as anybody may."""
        self._site.s3.delete_object(Bucket=self._site.bucket, Key=key)

    def check_served(self, url: str) -> None:
        """The distribution gives what lies in the bucket, and nothing of the records."""
        assert self.ask_cdn(url) == self.facts.s3.serve(url), url
        assert self.ask_cdn("/" + quote(STATE_KEY)) is None


def _read_values(item: ElementTree.Element) -> dict[str, str]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in item}


def _read_answer(headers: Mapping[str, str], body: bytes) -> Answer:
    coding = {"Content-Encoding": headers.get("content-encoding", "")}
    own = {name: value for name, value in sorted(headers.items()) if name.startswith(_META)}
    others = "".join(f"; {name}: {value}" for name, value in {**coding, **own}.items() if value)
    return Answer(body, headers["content-type"] + others, headers.get("cache-control", ""))
