"""Looking at a CDN as viewers do: every published URL, and what nobody should see."""

from .connections import FindAddress as FindAddress
from .fetching import CheckedURL as CheckedURL
from .fetching import check_url as check_url
from .fetching import fetch as fetch
from .viewer import Answer as Answer
