"""boto3's session, loaded when the first client is wanted."""

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
    """Return boto3's session on one of botocore's, when all is loaded that its first client would load."""
    # Once for each session, which it changes; and late, because who needs only credentials is quicker without it.
    with loading:
        import encodings.idna  # noqa: F401

        import boto3
        import boto3.s3.inject

        # OpenSSL loads its algorithms with the first context, under locks that no other process renews.
        create_urllib3_context()
    use_model_files(session)
    return boto3.Session(botocore_session=session)
