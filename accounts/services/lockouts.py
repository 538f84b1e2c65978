"""Lockouts: after too many wrong passwords an account is locked for an address; an administrator lifts that early."""

from datetime import datetime

from axes.models import AccessAttempt
from axes.utils import reset
from django.db import transaction

from accounts import errors, policies
from accounts.models import User
from accounts.selectors import sign_ins
from flowlet.audit.services import log
from flowlet.core.actors import Actor

NOBODY = "nobody"


@transaction.atomic
def lift(*, attempt_id: int, reason: str, actor: Actor, at: datetime) -> User | None:
    """Forget the wrong passwords of the attempt's name from its address, from every browser; whose name it is, None for nobody's.

    What was typed may be anything, a password even, so that the audit names the person if there is one, and else nobody. Raises
    LockoutNotFound, ReasonMissing.
    """
    attempt = sign_ins.attempts(AccessAttempt.objects.filter(pk=attempt_id), at=at).first()
    if attempt is None or attempt.username is None or attempt.ip_address is None:
        raise errors.LockoutNotFound()
    reason = policies.check_reason(reason)
    user = User.objects.filter(pk=attempt.user_id).first()
    reset(username=attempt.username, ip=attempt.ip_address)
    log.record(
        action="user.lockout_lifted",
        actor=actor,
        at=at,
        target=NOBODY if user is None else user.public_id,
        partner_id=None if user is None else user.partner_id,
        reason=reason,
        before={"failures": attempt.failures_now, "is_locked": sign_ins.is_locked(attempt)},
        after={"failures": 0, "is_locked": False},
        personal=None if user is None else {"before": {"address": attempt.ip_address}},
        subject_id=None if user is None else user.pk,
    )
    return user
