"""Whoever checks identities from outside: the port, and the sandbox behind it.

An answer is evidence beside our own checks, never a decision: what fails there has to be accepted by a person, like what fails here.
``settings.IDENTITY_PROVIDER`` names the provider of each mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from compliance.choices import CheckOutcome, ItemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document as it is handed over."""

    item: str
    type: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whom it is about. ``reference`` is ours: the same one is the same question."""

    reference: str
    kind: str
    name: str = field(repr=False)
    country: str
    born_on: date | None = field(default=None, repr=False)
    papers: Sequence[Paper] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that the provider found: a short code of letters, figures and dots, about an item of the verification."""

    item: str
    code: str
    outcome: CheckOutcome


class IdentityProvider(Protocol):
    """Whoever can check identities."""

    def check(self, question: Question) -> Sequence[Said]:
        """What was found. Raises what ``flowlet.core.outbound`` raises."""
        ...


class Sandbox:
    """Answers by the words of the name: ``MISMATCH`` fails, ``UNSURE`` is to be looked at, every other name passes."""

    def check(self, question: Question) -> Sequence[Said]:
        """One answer about the record, and one about each document."""
        words = question.name.upper().split()
        outcome = CheckOutcome.FAIL if "MISMATCH" in words else CheckOutcome.WARN if "UNSURE" in words else CheckOutcome.PASS
        return [
            Said(item=ItemKind.NAME, code="registers", outcome=outcome),
            *(Said(item=paper.item, code="document", outcome=outcome) for paper in question.papers),
        ]


def provider(mode: str) -> IdentityProvider | None:
    """The provider of a mode (LIVE or SANDBOX), None where the settings name none."""
    path = settings.IDENTITY_PROVIDER.get(mode, "")
    return import_string(path)() if path else None
