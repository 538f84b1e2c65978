"""One deed."""

from datetime import datetime

from django.db import models
from django.db.models import F, Func, Value

from flowlet.db import transactions


def kind_of_target() -> Func:
    """The prefix of the target's public id, such as ``wal``: the expression of an index."""
    return Func(F("target"), Value("_"), Value(1), function="split_part", output_field=models.TextField())


class Record(models.Model):
    """One row is one deed: what an actor did to a target. It is written once and never changed.

    ``before`` and ``after`` hold what changed and no personal data; personal values are in ``personal``, encrypted under the
    subject's own key, so that erasing that key erases them here while the chain over the ciphertext still verifies.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(help_text="the moment of the deed, as handed to the service")
    action = models.TextField(help_text="dotted, past tense: wallet.frozen")
    target = models.TextField(help_text="public id of what was acted upon")
    partner_id = models.UUIDField(null=True)
    actor_kind = models.TextField()
    actor_id = models.TextField()
    actor_label = models.TextField(default="")
    actor_ip = models.TextField(default="")
    request_id = models.TextField(default="")
    reason = models.TextField(default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    subject_id = models.UUIDField(null=True, help_text="whose key encrypts the personal values")
    personal = models.BinaryField(null=True, help_text="encrypted JSON")
    recorded_xid = models.BigIntegerField(
        db_default=transactions.own_id(),
        help_text="the transaction that wrote the record: the order in which records are sealed",
    )

    class Meta:
        verbose_name = "audit record"
        indexes = [
            models.Index("recorded_xid", "id", name="audit_record_in_seal_order"),
            models.Index("target", "id", name="audit_record_by_target"),
            models.Index("actor_id", "id", name="audit_record_by_actor"),
            models.Index("action", "id", name="audit_record_by_action"),
            models.Index(kind_of_target(), "id", name="audit_record_by_kind"),
            models.Index("at", "id", name="audit_record_by_moment"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(personal__isnull=True) | models.Q(subject_id__isnull=False),
                name="personal_values_have_a_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    @property
    def personal_aad(self) -> str:
        """What binds the encrypted values to their record."""
        return personal_aad(action=self.action, target=self.target, at=self.at)


def personal_aad(*, action: str, target: str, at: datetime) -> str:
    """What binds encrypted values to their record, so that they cannot be moved to another."""
    return f"flowlet_audit_record.personal:{action}:{target}:{at.timestamp():.6f}"
