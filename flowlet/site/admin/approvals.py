"""What waits for a second pair of eyes. One screen says who asks for what and why; two keys decide, and the next one opens."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from flowlet.approvals import policies, registry, selectors
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import UnknownKind
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.backoffice import CaseAdmin, Transition, actor_of, cells, home, panels, permissions, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.site.admin import subjects

LATE = timedelta(days=1)
VIEW = "flowlet_approvals.view_approval"
_TONES = {
    ApprovalStatus.PENDING: "warn",
    ApprovalStatus.APPROVED: "good",
    ApprovalStatus.REJECTED: "bad",
    ApprovalStatus.FAILED: "bad",
}


class Decision(Transition):
    """Shown to whoever may check some kind of request; the policy says why not this one."""

    def shown_to(self, request: HttpRequest) -> bool:
        """Whether this person checks anything."""
        return any(permissions.allows(request.user, kind.checker_permission) for kind in registry.kinds())


class Withdrawal(Transition):
    """Shown to whoever may make some kind of request; only the maker's own can be withdrawn."""

    def shown_to(self, request: HttpRequest) -> bool:
        """Whether this person asks for anything."""
        return any(permissions.allows(request.user, kind.maker_permission) for kind in registry.kinds())


def _may_approve(approval: Approval, actor: Actor) -> None:
    policies.check_can_approve(approval=approval, actor=actor, at=clock.now())


def _may_reject(approval: Approval, actor: Actor) -> None:
    policies.check_can_reject(approval=approval, actor=actor, at=clock.now())


def _may_withdraw(approval: Approval, actor: Actor) -> None:
    policies.check_can_withdraw(approval=approval, actor=actor, at=clock.now())


def _label(approval: Approval) -> str:
    try:
        return registry.find(approval.kind).label
    except UnknownKind:
        return approval.kind


def _description(approval: Approval) -> list[tuple[str, Any]]:
    try:
        pairs = list(selectors.description_of(approval).items())
    except UnknownKind:
        pairs = sorted(approval.payload.items())
    return [("What", _label(approval)), ("About", subjects.link(approval.subject)), *pairs]


def _decision(approval: Approval) -> list[tuple[str, Any]]:
    if approval.status == ApprovalStatus.PENDING:
        return [("State", _badge(approval)), ("Expires", approval.expires_at)]
    return [
        ("State", _badge(approval)),
        ("Decided", approval.decided_at),
        ("By", subjects.person(approval.checker_id or "")),
        ("Role", approval.checker_label),
        ("Reason", approval.decision_reason),
    ]


def _badge(approval: Approval) -> Any:
    return cells.badge(approval.get_status_display(), _TONES.get(ApprovalStatus(approval.status), "neutral"))


def _done(approval: Approval) -> str:
    if approval.status == ApprovalStatus.FAILED:
        return f"It can no longer be carried out: {approval.decision_reason}"
    return f"{_label(approval)}: {approval.get_status_display().lower()}."


class ApprovalAdmin(CaseAdmin):
    """Requests of makers, for checkers."""

    section, icon, menu_order = "Work", "approval", 10
    list_display = ("asked", "what", "subject_", "state", "partner", "maker", "reason")
    list_filter = ("status",)
    search_fields = ("subject",)
    search_help_text = "Public id of the request or of what it is about"
    view_permission = VIEW
    version_fields = ("status",)
    panels = (
        panels.Facts(title="What is asked", rows=_description),
        panels.Facts(
            title="Who asks and why",
            rows=lambda approval: [
                ("Who", subjects.person(approval.maker_id)),
                ("Role", approval.maker_label),
                ("When", approval.created_at),
                ("Partner", subjects.partner(approval)),
                ("Why", approval.reason),
            ],
        ),
        panels.Facts(title="Decision", rows=_decision),
        panels.History(),
    )
    transitions = (
        Decision(
            name="approve",
            label="Approve",
            key="a",
            style="primary",
            permission=VIEW,
            service=requests.approve,
            policy=_may_approve,
            confirm="It is carried out at once.",
            done=_done,
        ),
        Decision(
            name="reject",
            label="Reject",
            key="x",
            style="danger",
            permission=VIEW,
            service=requests.reject,
            policy=_may_reject,
            reason_required=True,
            done=_done,
        ),
        Withdrawal(
            name="withdraw",
            label="Withdraw",
            key="w",
            permission=VIEW,
            service=requests.withdraw,
            policy=_may_withdraw,
            done=_done,
        ),
    )

    def level_of(self, result: Any) -> int:
        """A request that can never be carried out is no success."""
        is_failed = isinstance(result, Approval) and result.status == ApprovalStatus.FAILED
        return messages.WARNING if is_failed else messages.SUCCESS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        """With the partners' names."""
        return subjects.with_partner(super().get_queryset(request))

    def title_of(self, obj: Approval) -> str:
        """What is asked, about what."""
        return f"{_label(obj)}: {obj.subject}"

    def status_of(self, obj: Approval) -> Any:
        """Where it stands."""
        return _badge(obj)

    def _buttons(self, request: HttpRequest, obj: Approval) -> list[dict[str, Any]]:
        """The maker gets the button to withdraw; nobody else does."""
        buttons = super()._buttons(request, obj)
        is_own = actor_of(request).id == obj.maker_id
        return [button for button in buttons if is_own or button["transition"].name != "withdraw"]

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """After a decision the next request that waits for this person opens."""
        response = super()._done(request, transition, obj, result)
        following = selectors.queue_of(actor_of(request)).first() if isinstance(transition, Decision) else None
        return HttpResponseRedirect(cells.admin_url(following)) if following is not None else response

    @admin.display(description="asked")
    def asked(self, approval: Approval) -> Any:
        """When."""
        return cells.moment(approval.created_at)

    @admin.display(description="what")
    def what(self, approval: Approval) -> str:
        """The kind's label."""
        return _label(approval)

    @admin.display(description="about")
    def subject_(self, approval: Approval) -> Any:
        """A link to the thing."""
        return subjects.link(approval.subject)

    @admin.display(description="partner")
    def partner(self, approval: Approval) -> str:
        """Whose affair it is."""
        return subjects.partner(approval)

    @admin.display(description="asked by")
    def maker(self, approval: Approval) -> str:
        """The maker's role."""
        return approval.maker_label or approval.maker_id

    @admin.display(description="state")
    def state(self, approval: Approval) -> Any:
        """In its colour."""
        return _badge(approval)


def waiting(request: HttpRequest) -> home.Waiting | None:
    """What this person may decide."""
    queue = selectors.queue_of(actor_of(request))
    first = queue.first()
    url = f"{cells.admin_url(Approval, 'changelist')}?status__exact={ApprovalStatus.PENDING}"
    if first is None:
        return home.Waiting(count=0, url=url)
    late = first.created_at < clock.now() - LATE
    return home.Waiting(count=queue[:1000].count(), url=url, oldest_at=first.created_at, is_late=late)


site.register(Approval, ApprovalAdmin)
home.register(home.Queue(name="approvals", title="Waiting for your approval", permission=VIEW, load=waiting, order=10))
