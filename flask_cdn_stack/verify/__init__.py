"""Checking a CDN as viewers see it: every published URL, and what must not be public."""

from .connections import FindAddress as FindAddress
from .fetching import CheckedURL as CheckedURL
from .fetching import check_url as check_url
from .fetching import fetch as fetch
from .viewer import Answer as Answer
