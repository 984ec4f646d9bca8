"""An S3 that takes large files in parts, and keeps nothing of them but their sizes."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.servers.loopback import HTTPLoopback

_STARTED = b"<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>"
_COMPLETED = b'<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>'


class MultipartSink(HTTPLoopback):
    """Has the size of each part in ``parts``, by its number, and in ``completed`` the numbers that made the object."""

    def __init__(self) -> None:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                (number,) = parse_qs(urlsplit(self.path).query)["partNumber"]
                sink.parts[int(number)] = self._drain()
                self._answer(b"", f'"part{number}"')

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                sink.completed += [int(number) for number in re.findall(rb"<PartNumber>(\d+)<", body)]
                self._answer(_COMPLETED if "uploadId=" in self.path else _STARTED)

            def _drain(self) -> int:
                size = left = int(self.headers["Content-Length"])
                while left:
                    left -= len(self.rfile.read(min(left, 1 << 20)))
                return size

            def _answer(self, body: bytes, etag: str = '"x"') -> None:
                self.send_response(200)
                self.send_header("ETag", etag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.parts: dict[int, int] = {}
        self.completed: list[int] = []
        super().__init__(Handler)
