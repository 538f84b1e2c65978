"""Refusals of watchlists."""

from flowlet.core.errors import Conflict, NotFound


class WatchlistVersionNotFound(NotFound):
    """There is no such version of a list."""

    code, title = "watchlist.version_not_found", "There is no such version"


class WatchlistKnown(Conflict):
    """These files are the list that is in force: nothing in them is new. ``details`` name the version."""

    code, title = "watchlist.known", "These files are in force already"


class WatchlistOlder(Conflict):
    """The files are older than what is in force. ``details`` name the version."""

    code, title = "watchlist.older", "The files are older than the list in force"


class WatchlistShrinks(Conflict):
    """So many entries would leave the list that the file is more likely cut off than right. ``details`` say how many."""

    code, title = "watchlist.shrinks", "Too many entries would leave the list"


class WatchlistBusy(Conflict):
    """Another import of the same list is under way."""

    code, title = "watchlist.busy", "The list is being imported by somebody else"
