"""What the tests of the verdict port share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from moneyed import Money

from flowlet.decisions import facts as fact_sheets
from flowlet.decisions import registry
from flowlet.decisions.models import Verdict
from flowlet.decisions.services import decisions

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Party:
    country: str
    name: str = fact_sheets.personal(default="")


@dataclass(frozen=True, kw_only=True)
class PaymentFacts:
    amount: Money
    beneficiary: Party
    iban: str = fact_sheets.personal(default="")


FACTS = PaymentFacts(amount=Money("12.50", "USD"), beneficiary=Party(country="DE"))


@pytest.fixture(autouse=True)
def point(monkeypatch: pytest.MonkeyPatch, settings: Any) -> registry.Point:
    """One point, and only the deciders that a test registers; a busy machine is slow, not wrong, so the point has time.

    A decider that a test gives less is held to it, unlike in other tests.
    """
    monkeypatch.setattr(registry, "_patience", 1)
    monkeypatch.setattr(registry, "_points", {})
    monkeypatch.setattr(registry, "_deciders", {})
    settings.DECISIONS_REQUIRED = {}
    return registry.point("payment.create", facts=PaymentFacts, budget_ms=registry.LONGEST_MS)


@pytest.fixture
def partner_id() -> UUID:
    return uuid4()


@pytest.fixture
def register() -> Callable[..., None]:
    """Let a function, or a fixed opinion, decide under a name."""

    def _register(name: str, answer: Any, **more: Any) -> None:
        registry.decider(name, point="payment.create", **{"budget_ms": registry.LONGEST_MS, **more})(
            answer if callable(answer) else lambda facts: answer
        )

    return _register


@pytest.fixture
def decide(db: None, partner_id: UUID) -> Callable[..., Verdict]:
    def _decide(facts: Any = FACTS, **more: Any) -> Verdict:
        fields = {"point": "payment.create", "subject": "pay_1", "partner_id": partner_id, "at": AT}
        return decisions.decide(facts=facts, **{**fields, **more})

    return _decide
