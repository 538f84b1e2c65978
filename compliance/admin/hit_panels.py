"""A hit side by side: the two figures and each feature as a bar, what is compared of the customer masked until it is revealed."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from compliance.choices import AlertKind, HitState
from compliance.models import Alert, Hit
from compliance.policies import hits as policies
from compliance.services import screening
from compliance.services.screening_alerts import hit_in
from flowlet.backoffice import cells, panels
from flowlet.core import masking
from flowlet.core.actors import Actor

SHOWN = 12
_TITLES = {
    "name_word": "Name",
    "name_conflict": "Name differs",
    "name_extra": "Words more",
    "name_legal_form": "Legal form",
    "name_evidence": "Common words",
    "name_single_word": "Single word",
    "name_characters": "Characters",
    "name_family": "Family name",
    "name_lineage": "Son and father",
    "date_of_birth": "Date of birth",
    "country": "Country",
    "gender": "Gender",
    "identifier": "Identifier",
    "alias_quality": "Alias",
    "bank": "Bank",
}


def bars_of(row: Hit, features: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The match, the priority, and each feature with what it adds or takes; the customer's value masked."""
    found = [_bar("Match", row.match, "How well the names match."), _bar("Priority", row.priority, "How urgent it is.")]
    for one in features:
        share = Decimal(str(one["contribution"]))
        bar = _bar(
            _TITLES.get(one["feature"], one["feature"]), share, f"{masked(one['left'])} · the list has {one['right'] or '—'}"
        )
        found.append(bar | {"figure": f"{share:+.2f}", "tone": "bad" if share < 0 else "good"})
    return found


def _bar(title: str, share: Decimal, said: str) -> dict[str, Any]:
    return {"title": title, "width": min(100, round(abs(share) * 100)), "figure": f"{share:.0%}", "tone": "info", "said": said}


def masked(text: str) -> str:
    """A value of the customer's as everybody may see it."""
    return masking.text(text) if text else "—"


def side_by_side(rows: Sequence[Hit]) -> dict[str, Any] | None:
    """What the template needs for hits."""
    hits = []
    for row in rows:
        features = screening.features_of(row)
        hits.append(
            {
                "of": row.subject.get_kind_display(),
                "of_link": subject_link(row),
                "listed": row.listed.name,
                "link": cells.link(row.listed, row.entry),
                "state": cells.choice(row, "state", HitState),
                "bars": bars_of(row, features or ()),
                "is_erased": features is None,
            }
        )
    return {"hits": hits} if hits else None


def subject_link(row: Hit) -> Any:
    """Whose it is, by id."""
    return cells.link(row.subject.customer, row.subject.customer.public_id)


def of_hit(row: Hit, request: HttpRequest) -> dict[str, Any] | None:
    """On a hit's own page."""
    return side_by_side([row])


def of_alert(alert: Alert, request: HttpRequest) -> dict[str, Any] | None:
    """On the screen of an alert about hits: the most urgent first."""
    if alert.kind != AlertKind.SCREENING:
        return None
    keys = {Hit.key(hit_in(key)) for key in alert.evidence.filter(key__startswith=f"{Hit.PREFIX}_").values_list("key", flat=True)}
    rows = Hit.objects.filter(pk__in=keys).select_related("subject__customer", "listed").order_by("-priority", "pk")
    return side_by_side(list(rows[:SHOWN]))


def masked_sides(row: Hit) -> list[tuple[str, Any]]:
    """What is compared, masked."""
    return [(label, masked(left)) for label, left, _ in _sides(row)]


def plain_sides(row: Hit, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, Any]]:
    """The same in plain, each with its sentence; the toolkit has written it to the audit."""
    return [(label, f"{left or '—'}. {sentence}") for label, left, sentence in _sides(row)]


def _sides(row: Hit) -> list[tuple[str, str, str]]:
    features = screening.features_of(row) or ()
    return [(_TITLES.get(one["feature"], one["feature"]), one["left"], one["sentence"]) for one in features]


def decision_of(row: Hit) -> list[tuple[str, Any]]:
    """What it is of, where it stands, and who decided."""
    outcome = policies.for_payment(row.list_kind, row.state, row.priority)
    pairs = [
        ("Subject", f"{row.subject.get_kind_display()} {row.subject.key}"),
        ("Customer", subject_link(row)),
        ("List", cells.link(row.watchlist, row.watchlist.title)),
        ("Entry", cells.link(row.listed, row.entry)),
        ("State", cells.choice(row, "state", HitState)),
        ("Means for payments", outcome.label),
        ("Found", row.found_at),
        ("Screening run", cells.link(row.run, row.run.public_id)),
    ]
    if row.decided_at is not None:
        pairs += [
            ("Decided", row.decided_at),
            ("Proposed by", row.decided_by),
            ("Approved by", row.approved_by),
            ("Why", row.reason),
        ]
    return pairs + ([("Counts until", row.expires_at)] if row.expires_at else [])


SIDES = panels.Custom(title="Side by side", page="compliance/hits.html", wide=True, load=of_hit)
panels.add(Alert, panels.Custom(title="Hits side by side", name="hits", page="compliance/hits.html", wide=True, load=of_alert))
