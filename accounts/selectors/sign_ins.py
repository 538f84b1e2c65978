"""Sign-ins: where wrong passwords were given and what is locked for it, and the second factors that people have."""

from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User


def attempts(found: QuerySet[AccessAttempt] | None = None, *, at: datetime) -> QuerySet[AccessAttempt]:
    """Failed sign-ins, each with ``failures_now`` and with ``user_id`` of whoever signs in with the name (None: nobody does).

    ``failures_now`` is counted as axes counts: of one name from one address within the cool-off, over all browsers.
    """
    found = AccessAttempt.objects.all() if found is None else found
    twins = AccessAttempt.objects.filter(
        username=OuterRef("username"), ip_address=OuterRef("ip_address"), attempt_time__gte=at - settings.AXES_COOLOFF_TIME
    )
    total = twins.order_by().values("username").annotate(total=Sum("failures_since_start")).values("total")
    return found.annotate(
        failures_now=Coalesce(Subquery(total, output_field=IntegerField()), 0),
        user_id=Subquery(User.objects.filter(email=OuterRef("username")).values("pk")[:1]),
    )


def is_locked(attempt: AccessAttempt) -> bool:
    """Whether the name is refused from the address now; the attempt comes from ``attempts``."""
    return attempt.failures_now >= settings.AXES_FAILURE_LIMIT


def locks_of(user: User, *, at: datetime) -> list[AccessAttempt]:
    """The addresses from which this person cannot sign in now, one attempt each."""
    found = attempts(AccessAttempt.objects.filter(username=user.email), at=at).order_by("ip_address", "-pk")
    return list({attempt.ip_address: attempt for attempt in found if is_locked(attempt)}.values())


def devices(found: QuerySet[TOTPDevice] | None = None) -> QuerySet[TOTPDevice]:
    """Authenticator apps with their people, each with ``codes_left``: how many backup codes the person has."""
    found = TOTPDevice.objects.all() if found is None else found
    left = StaticToken.objects.filter(device__user=OuterRef("user"), device__confirmed=True).order_by().values("device__user")
    codes = Subquery(left.annotate(left=Count("pk")).values("left"), output_field=IntegerField())
    return found.select_related("user").annotate(codes_left=Coalesce(codes, 0))
