"""hits: what the page of hits does, from the command line."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, Option, line, option
from compliance.choices import HitState
from compliance.models import Hit
from compliance.policies import hits as policies
from compliance.services import screening_hits

DECIDE = "compliance.decide_hit"


def _deed(name: str, service: Any, policy: Any, text: str, *options: Option) -> Deed:
    shared = {"model": Hit, "permission": DECIDE, "reason": REQUIRED}
    return Deed(name=name, service=service, policy=policy, options=options, help=text, **shared)


def _ask(state: HitState) -> Any:
    return partial(screening_hits.request_decision, state=state)


class Command(DeedCommand):
    help = "List hits on watchlists and show one; ask to clear or confirm one, open it again."
    shows = Hit
    list_options = (
        option("--state", choices=HitState.values, type=str.upper, default=HitState.OPEN.value),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed(
            "clear",
            _ask(HitState.CLEARED),
            policies.check_can_decide,
            "ask for it to be somebody else; another person approves",
            option("--until", keyword="expires_on", type=arguments.day, metavar="DAY", help="the last day; a year without it"),
        ),
        _deed("confirm", _ask(HitState.CONFIRMED), policies.check_can_decide, "ask for it to be true; another person approves"),
        _deed("reopen", screening_hits.reopen, policies.check_can_reopen, "take a decision back"),
    )

    def listed(self, *, state: str, limit: int) -> Iterable[str]:
        """The most urgent first."""
        rows = Hit.objects.select_related("subject__customer", "watchlist", "listed").filter(state=state)
        for row in rows.order_by("-priority", "pk")[:limit]:
            of = row.subject.customer.public_id
            yield line(row.public_id, row.entry, row.get_list_kind_display(), of, *_figures(row), row.listed.name)

    def described(self, row: Hit) -> Iterable[tuple[str, Any]]:
        """Without what is compared of the customer: that is shown on its page, with a reason."""
        match, priority = _figures(row)
        yield from (("Hit", row.public_id), ("Entry", line(row.entry, row.listed.name)), ("List", row.watchlist.title))
        yield from (
            ("Subject", line(row.subject.get_kind_display(), row.subject.key)),
            ("Customer", row.subject.customer.public_id),
        )
        yield from (("State", row.get_state_display()), ("Match", match), ("Priority", priority), ("Found", row.found_at))
        yield from (("Proposed by", row.decided_by), ("Approved by", row.approved_by), ("Why", row.reason))
        yield "Counts until", row.expires_at


def _figures(row: Hit) -> tuple[str, str]:
    return f"match {row.match:.0%}", f"priority {row.priority:.0%}"
