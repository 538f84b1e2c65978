"""Refusals of the app."""

from flowlet.core.errors import Invalid, NotFound


class UnknownHandler(Invalid):
    """No handler of this name is registered."""

    code, title = "event.unknown_handler", "There is no such handler"


class CursorGone(Invalid):
    """The event that the cursor names is not in the feed: it never was, or it is older than the feed reaches."""

    code, title = "event.cursor_gone", "The feed does not contain this event"


class UnknownType(Invalid):
    """No event has this type. The types are listed where the parameter is described."""

    code, title = "event.unknown_type", "There is no such type of event"


class NoSuchEvent(NotFound):
    """There is no such event in the feed, or it is older than the feed reaches."""

    code, title = "event.not_found", "There is no such event"
