"""One verdict."""

from django.db import models
from django.db.models import Q

from flowlet.core import ids
from flowlet.db.models import Identified
from flowlet.decisions.choices import Outcome


class Verdict(Identified):
    """One row is one answer to one question: may this happen? Written once, in the transaction of what was asked for.

    ``facts`` is what the deciders were told, personal values hidden; those are in ``personal``, encrypted under the key of
    ``person_id``. ``opinions`` holds each decider's outcome, reasons, details and time, ``reasons`` those that led to the outcome.
    """

    PREFIX = "vdt"

    point = models.TextField(help_text="where it was asked: payment.create")
    subject = models.TextField(help_text="public id of what it is about")
    partner_id = models.UUIDField(null=True)
    at = models.DateTimeField(help_text="the moment of the question, as handed to the service")
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    reasons = models.JSONField(help_text="[{decider, code, text}]")
    facts = models.JSONField()
    opinions = models.JSONField(help_text="[{decider, outcome, reasons, details, milliseconds}]")
    person_id = models.UUIDField(null=True, help_text="whose key encrypts the personal facts")
    personal = models.BinaryField(null=True, help_text="encrypted JSON: the personal facts by name")

    class Meta:
        indexes = [
            models.Index("subject", "id", name="verdict_by_subject"),
            models.Index("point", "id", name="verdict_by_point"),
            models.Index("outcome", "id", condition=Q(outcome__in=[Outcome.REVIEW, Outcome.BLOCK]), name="verdict_that_stopped"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="verdict_has_a_known_outcome"),
            models.CheckConstraint(
                condition=Q(personal__isnull=True) | Q(person_id__isnull=False), name="personal_facts_have_a_person"
            ),
        ]

    @property
    def is_allowed(self) -> bool:
        """Whether nobody had anything against it."""
        return self.outcome == Outcome.ALLOW

    @property
    def is_blocked(self) -> bool:
        """Whether it must not happen."""
        return self.outcome == Outcome.BLOCK

    @property
    def personal_aad(self) -> str:
        """What binds the encrypted facts to their verdict, so that they cannot be moved to another."""
        return f"flowlet_decisions_verdict.personal:{ids.public_id(self.PREFIX, self.pk)}"
