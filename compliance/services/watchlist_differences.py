"""What is different between any two versions of a list."""

from compliance.models import WatchlistVersion
from compliance.policies import watchlists as policies
from compliance.policies.watchlists import Difference
from compliance.selectors import watchlists


def difference(older: WatchlistVersion, newer: WatchlistVersion) -> Difference:
    """What is added, removed and changed from ``older`` to ``newer``, whichever two versions of one list they are, in either order."""
    return policies.difference(watchlists.by_id(older), watchlists.entries_of(newer))
