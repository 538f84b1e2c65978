"""The panels of a verification: how it stands, what is asked for and what checks found, the documents."""

from datetime import datetime
from typing import Any

from django.utils.html import format_html_join

from accounts.choices import KycTier
from accounts.selectors import staff
from compliance.admin.verification_documents import plain
from compliance.admin.verification_owners import item_label, owner_labels
from compliance.choices import (
    CheckOutcome,
    DocumentStatus,
    ItemStatus,
    VerificationStatus,
)
from compliance.models import Verification
from compliance.selectors import verifications as selectors
from flowlet.backoffice import cells, panels
from flowlet.core import countries
from flowlet.core.actors import Actor


def facts(row: Verification) -> list[tuple[str, Any]]:
    """How it stands, and by whom."""
    who = staff.behind(text for text in (row.opened_by, row.proposed_by, row.decided_by) if text)
    two = row.needs_two or selectors.is_high_risk(row.customer_id)
    return [
        ("State", cells.choice(row, "status", VerificationStatus)),
        ("Level", row.get_level_display()),
        ("Customer", cells.link(row.customer)),
        ("Customer's tier now", cells.choice(row.customer, "kyc_tier", KycTier)),
        ("Partner", row.partner),
        ("Country", countries.name(row.customer.country)),
        ("Asks for", cells.link(row.requirement_set, str(row.requirement_set))),
        ("Two people", "yes" if two else "no"),
        ("Opened by", cells.actor(row.opened_by, who.get(row.opened_by))),
        *panels.known(
            [
                ("Proposed by", cells.actor(row.proposed_by, who.get(row.proposed_by)), row.proposed_by),
                ("Decided by", cells.actor(row.decided_by, who.get(row.decided_by)), row.decided_by),
                ("Code for the partner", row.get_reason_code_display(), row.reason_code),
                ("Submitted", row.submitted_at, row.submitted_at),
                ("Decided", row.decided_at, row.decided_at),
                ("Holds or is collected until", row.expires_at, row.expires_at),
                ("Follows", cells.link(row.renews) if row.renews_id else "", row.renews_id),
            ]
        ),
    ]


def items(row: Verification) -> list[tuple[Any, ...]]:
    """What is asked for, with what was found of it in this round: what failed first."""
    order = list(CheckOutcome)[::-1]
    found: dict[Any, list[Any]] = {}
    for check in row.checks.filter(round=row.round):
        found.setdefault(check.item_id, []).append(check)
    rows, owners = [], owner_labels(row)
    for one in row.items.all():
        checks = sorted(found.get(one.pk, []), key=lambda check: order.index(CheckOutcome(check.outcome)))
        said = [
            cells.badge(_said(check), CheckOutcome(check.outcome).tone) for check in checks if check.outcome != CheckOutcome.PASS
        ]
        if passed := len(checks) - len(said):
            said.append(cells.badge(f"{passed} passed", "good"))
        rows.append(
            (
                item_label(one, owners),
                cells.choice(one, "status", ItemStatus),
                one.get_ask_code_display() or cells.DASH,
                format_html_join(" ", "{}", ((one,) for one in said)) or cells.DASH,
            )
        )
    return rows


def _said(check: Any) -> str:
    words = check.code.replace(".", " ").replace("_", " ")
    others = check.facts.get("customers") or check.facts.get("problems") or []
    return f"{words}: {', '.join(others)}" if others else words


def files(row: Verification) -> list[tuple[Any, ...]]:
    """Documents, the newest first."""
    found = row.documents.order_by("-id")[:50]
    return [
        (
            one.created_at,
            one.get_type_display(),
            cells.choice(one, "status", DocumentStatus),
            one.get_content_type_display(),
            f"{one.size_bytes:,}",
            one.expires_on,
        )
        for one in found
    ]


def reveal(row: Verification, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """In plain; who looked, and why, was written to the audit by the page."""
    return plain(row)
