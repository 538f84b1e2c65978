"""Rules as they are kept."""

from django.db import models
from django.db.models import F, Q

from flowlet.db.models import Identified
from flowlet.rules.choices import RuleStatus


class RuleSet(Identified):
    """One row is a group of rules over one vocabulary that are asked together, such as those about payments before they leave."""

    PREFIX = "rst"

    name = models.TextField(help_text="dotted, never renamed: upper apps ask by it")
    vocabulary = models.TextField(help_text="what its rules can speak of, by name")
    label = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="rule_set_has_a_name_of_its_own")]


class RuleVersion(Identified):
    """One row is one wording of one rule. What it says never changes; only how far it has come does, and who released it."""

    PREFIX = "rul"

    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="versions")
    name = models.TextField(help_text="the rule's name in its set, the same for all its versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … of the rule")
    title = models.TextField()
    note = models.TextField(help_text="why it is, or what was changed and why")
    condition = models.JSONField(help_text="the rule in its one form")
    effect = models.JSONField(default=dict, help_text="what the app that asks does when it matches: JSON of its own")
    digest = models.CharField(max_length=64, help_text="SHA-256 of vocabulary, condition and effect")
    status = models.CharField(max_length=10, choices=RuleStatus.choices, default=RuleStatus.DRAFT)
    maker_kind = models.TextField()
    maker_id = models.TextField()
    maker_label = models.TextField(default="")
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="when it came where it is")
    checker_kind = models.TextField(null=True)
    checker_id = models.TextField(null=True, help_text="who let it go live")
    checker_label = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_set", "name", "number"], name="rule_version_has_a_number_of_its_own"),
            models.UniqueConstraint(
                fields=["rule_set", "name"], condition=Q(status=RuleStatus.LIVE), name="one_version_of_a_rule_is_live"
            ),
            models.UniqueConstraint(
                fields=["rule_set", "name"], condition=Q(status=RuleStatus.SHADOW), name="one_version_of_a_rule_is_in_shadow"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="rule_versions_are_counted_from_one"),
            models.CheckConstraint(condition=Q(status__in=RuleStatus.values), name="rule_has_a_known_status"),
            models.CheckConstraint(
                condition=~Q(status=RuleStatus.LIVE) | Q(checker_id__isnull=False), name="live_rule_was_released_by_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(checker_id=F("maker_id")) | Q(checker_id__isnull=True), name="rule_is_not_released_by_its_maker"
            ),
        ]
