"""Deliver again what was given up or missed."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.events import selectors
from flowlet.events.models import Event
from flowlet.events.services import replays

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "List what was given up (--list), let it be tried again, or hand past events to a handler that is new."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--list", action="store_true", help="show what was given up, with the last error")
        what.add_argument(
            "--dead", action="store_true", help="try everything that was given up again (or only that of --handler)"
        )
        what.add_argument("--event", metavar="EVT", help="hand this event to --handler again")
        what.add_argument(
            "--since", metavar="MOMENT", help="hand everything since this ISO 8601 moment that --handler never saw to it"
        )
        parser.add_argument("--handler", default="", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        handler = options["handler"]
        if options["list"]:
            self._list(handler)
            return
        if not options["dead"] and not handler:
            raise CommandError("--handler is required: say to whom.")
        try:
            count = self._replay(options, handler)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        logger.warning("replay_events: %s deliveries wait for the relay again", count)
        self.stdout.write(f"{count} deliveries wait for the relay again.")

    def _replay(self, options: dict[str, Any], handler: str) -> int:
        at = clock.now()
        if options["dead"]:
            return replays.replay_dead(at=at, handler=handler)
        if options["event"]:
            replays.replay_event(event_id=Event.fetch(options["event"]).pk, handler=handler, at=at)
            return 1
        try:
            since = parse_datetime(options["since"])
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            raise CommandError("--since is a moment with its zone, such as 2026-03-01T00:00:00Z.")
        return replays.replay_since(since=since, handler=handler, at=at)

    def _list(self, handler: str) -> None:
        found = selectors.dead_deliveries()
        if handler:
            found = found.filter(handler=handler)
        count = 0
        for count, delivery in enumerate(found.iterator(), start=1):  # noqa: B007 - the last one is the number of lines
            event = delivery.event
            self.stdout.write(
                f"{event.public_id} {event.type} {delivery.handler} after {delivery.attempts} attempts: {delivery.last_error}"
            )
        if not count:
            self.stdout.write("Nothing was given up.")
