"""Deliver events without a worker."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from flowlet.core import clock
from flowlet.events import selectors
from flowlet.events.services import relay


class Command(BaseCommand):
    help = "Hand published events to their handlers until none is due, or with --loop until stopped. Needs the database only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--loop", action="store_true", help="go on until SIGINT or SIGTERM; the handler at work is let finish"
        )
        parser.add_argument(
            "--interval", type=float, default=1.0, metavar="SECONDS", help="pause when nothing is due (default 1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["interval"] <= 0:
            raise CommandError("--interval is greater than zero.")
        stopped = threading.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stopped.set())
        total = relay.Tally()
        while not stopped.is_set():
            tally = self._run(stopped, forgiving=options["loop"])
            for outcome in ("fanned_out", "delivered", "failed", "dead"):
                setattr(total, outcome, getattr(total, outcome) + getattr(tally, outcome))
            if not options["loop"]:
                if tally.fanned_out == tally.delivered == 0:
                    break
                continue
            if tally.fanned_out == tally.delivered == 0:
                stopped.wait(options["interval"])
        left = selectors.lag(at=clock.now())
        self.stdout.write(
            f"{total.fanned_out} events, {total.delivered} deliveries, {total.failed} failed attempts, {total.dead} given up; "
            f"{left.waiting} wait."
        )

    def _run(self, stopped: threading.Event, *, forgiving: bool) -> relay.Tally:
        try:
            return relay.run(stop=stopped.is_set)
        except (OperationalError, InterfaceError) as error:  # the database went away: a loop outlives that
            if not forgiving:
                raise
            self.stderr.write(f"The database does not answer: {str(error).strip().splitlines()[0]}")
            connection.close()
            stopped.wait(2)
            return relay.Tally()
