"""Opens boto3's session, and loads boto3 only when the first client is needed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from botocore.httpsession import create_urllib3_context

from ..loading import loading
from .model_files import use_model_files

if TYPE_CHECKING:
    import boto3
    import botocore.session


@lru_cache(maxsize=8)
def open_boto3(session: botocore.session.Session) -> boto3.Session:
    """Return a boto3 session on one of botocore's, after loading everything that its first client would load."""
    # Once for each botocore session, which boto3 changes; and late, because credentials alone do not need boto3.
    with loading:
        import encodings.idna  # noqa: F401

        import boto3
        import boto3.s3.inject

        # OpenSSL loads its algorithms with the first context, under locks that a forked process could find held.
        create_urllib3_context()
    use_model_files(session)
    return boto3.Session(botocore_session=session)
