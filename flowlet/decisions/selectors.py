"""Find verdicts."""

from typing import Any

import orjson
from django.db.models import QuerySet

from flowlet.decisions.models import Verdict
from flowlet.vault.services import subjects


def verdicts_on(subject: str) -> QuerySet[Verdict]:
    """What was decided on the thing with this public id, newest first."""
    return Verdict.objects.filter(subject=subject).order_by("-id")


def personal_facts_of(verdict: Verdict) -> dict[str, Any]:
    """The personal facts in clear, by name; empty when there were none.

    Raises what the vault raises when the person's key has been erased. Whoever shows them audits that.
    """
    if verdict.personal is None:
        return {}
    return orjson.loads(subjects.decrypt(verdict.person_id, bytes(verdict.personal), aad=verdict.personal_aad))
