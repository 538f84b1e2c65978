"""Refusals of screening."""

from flowlet.core.errors import Conflict, NotFound


class HitNotFound(NotFound):
    """There is no such hit."""

    code, title = "hit.not_found", "There is no such hit"


class HitUndecided(Conflict):
    """The payment waits because of a name on a list: the hit is decided first, about sanctions by two people."""

    code, title = "hit.undecided", "A hit has to be decided first"


class HitConfirmed(Conflict):
    """Somebody of the payment is on a list, as was confirmed: it is not released but rejected."""

    code, title = "hit.confirmed", "Somebody is on a list"


class HitChanged(Conflict):
    """The hit is not any more what was looked at: one of its sides has changed."""

    code, title = "hit.changed", "The hit has changed meanwhile"
