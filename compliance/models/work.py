"""What every piece of work has: how urgent it is, until when, whose it is, and who has it open."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Partner
from compliance.choices.work import NEVER, SKILLS
from flowlet.db.models import Identified


class WorkItem(Identified):
    """One row is one piece of work in a queue, the most urgent first: ``-priority``, ``due_at``, ``id``.

    ``assignee`` is whose it is. ``locked_by`` has it open until ``locked_until``, so that nobody else decides meanwhile.
    """

    priority = models.PositiveSmallIntegerField(help_text="0 to 100")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class PartnerItem(WorkItem):
    """Work about a partner's customers; officers work on partners of some modes (``settings.WORKED_MODES``)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class ReviewItem(PartnerItem):
    """A row that is a piece of work only while it waits for a person; what waits for nobody is due NEVER."""

    priority = models.PositiveSmallIntegerField(default=0, help_text="0 to 100")
    opened_at = models.DateTimeField(default=NEVER)
    due_at = models.DateTimeField(default=NEVER)

    class Meta:
        abstract = True


def by_assignee(name: str) -> models.Index:
    """How much somebody has, and which."""
    return models.Index(fields=["assignee"], name=name, condition=Q(assignee__isnull=False))


class OfficerSkill(Identified):
    """One row is what one officer is given: work of these kinds, ``most_open`` pieces at a time; nothing while ``is_away``.

    Who has no row takes whatever comes, and is given nothing by itself.
    """

    PREFIX = "osk"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kinds = ArrayField(models.CharField(max_length=12, choices=list(SKILLS.items())))
    most_open = models.PositiveSmallIntegerField()
    is_away = models.BooleanField(default=False)

    class Meta:
        verbose_name = "officer's skills"
        verbose_name_plural = "officers' skills"
        constraints = [
            models.CheckConstraint(condition=Q(most_open__range=(1, 500)), name="officer_is_given_a_number_of_alerts"),
            models.CheckConstraint(condition=Q(kinds__contained_by=list(SKILLS)), name="officer_skills_are_known_kinds"),
        ]


class SavedFilter(Identified):
    """One row is a filter of the queue that a person keeps under a name; ``query`` is its part of the address line."""

    PREFIX = "sfl"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=400)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_has_a_name_of_its_own")]

    def __str__(self) -> str:
        return self.name
