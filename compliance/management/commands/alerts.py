"""alerts: the queues from the command line, with the powers of the screen."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.management.deeds import OPTIONAL, REQUIRED, Deed, DeedCommand, line, option, write_new
from compliance.choices import Disposition, ReasonCode
from compliance.choices.work import CONFIRM, MANAGE, SKILLS, WORK
from compliance.management.work import LIMIT, WHOSE, colleague, content_of, keys_of, narrowing, told, waiting, words
from compliance.models import Alert, Case, OfficerSkill, WorkFile, WorkNote
from compliance.policies.alerts import OF_MANY
from compliance.services import alerts, cases, queues, work_notes
from flowlet.core.actors import Actor

REASON_CODE = option("--reason-code", required=True, choices=ReasonCode.values, type=str.upper)
FILE = option("--file", required=True, type=Path, help="PDF, PNG, JPEG or plain text, 10 MB at most")


def decide(*, alert_id: UUID, disposition: str, reason_code: str, reason: str, actor: Actor, at: datetime) -> Alert:
    """``--reason`` are the words."""
    return alerts.decide(alert_id=alert_id, disposition=disposition, reason_code=reason_code, words=reason, actor=actor, at=at)


def note(*, alert_id: UUID, reason: str, actor: Actor, at: datetime) -> WorkNote:
    """``--reason`` is the note."""
    return work_notes.note(item=Alert.objects.get(pk=alert_id), text=reason, actor=actor, at=at)


def attach(*, alert_id: UUID, file: Path, actor: Actor, at: datetime) -> WorkFile:
    """A file from the disk."""
    item = Alert.objects.get(pk=alert_id)
    return work_notes.attach(item=item, name=file.name, content=content_of(file), actor=actor, at=at)


def download(*, file_id: UUID, to: Path, reason: str, actor: Actor, at: datetime) -> str:
    """A file in clear, into a new one that only its owner reads."""
    found = work_notes.take_out(file_id=file_id, reason=reason, actor=actor, at=at)
    return write_new(to / found.name if to.is_dir() else to, found.content)


def open_case(*, alert_id: UUID, title: str, actor: Actor, at: datetime) -> Case:
    """A case of this alert."""
    return cases.open_case(title=title, alert_ids=[alert_id], actor=actor, at=at)


def close_many(*, disposition: str, reason_code: str, reason: str, actor: Actor, at: datetime, **narrowed: Any) -> queues.Bulk:
    """The most urgent of a queue, all alike."""
    keys = keys_of(Alert, actor=actor, at=at, **narrowed)
    return queues.close_many(alert_ids=keys, disposition=disposition, reason_code=reason_code, words=reason, actor=actor, at=at)


def skills(*, email: str, kinds: str, most_open: int, away: bool, actor: Actor, at: datetime) -> OfficerSkill:
    """What an officer is given."""
    wanted = [kind.strip().upper() for kind in kinds.split(",") if kind.strip()]
    person = colleague(email)
    return queues.set_skills(person=person, kinds=wanted, most_open=most_open, is_away=away, actor=actor, at=at)


def _on(name: str, service: Any, *, permission: str = WORK, **more: Any) -> Deed:
    return Deed(**{"name": name, "model": Alert, "permission": permission, "service": service, "subject": "alert_id"} | more)


class Command(DeedCommand):
    help = (
        "List the queues of alerts; take the next, decide, confirm, escalate, give, note, open a case; many at once; spread work."
    )
    shows = Alert
    list_options = (WHOSE, *narrowing(Alert), LIMIT)
    deeds = (
        *(
            _on(
                found.lower().replace("_", "-"),
                partial(decide, disposition=found),
                reason=OPTIONAL,
                options=(REASON_CODE,),
                help=f"it ends as: {found.label.lower()}; --reason are the words",
            )
            for found in Disposition
        ),
        _on("confirm", alerts.confirm, permission=CONFIRM, help="the second person's yes"),
        _on("send-back", alerts.send_back, permission=CONFIRM, reason=REQUIRED, help="the second person's no"),
        _on("escalate", alerts.escalate, reason=REQUIRED, help="hand it to a manager"),
        *words(Alert),
        _on("note", note, reason=REQUIRED, told=lambda _: "Noted.", help="--reason is the note; @name calls a colleague"),
        _on("attach", attach, options=(FILE,), told=lambda made: f"Added as {made.public_id}."),
        _on(
            "download",
            download,
            model=WorkFile,
            subject="file_id",
            reason=REQUIRED,
            told=str,
            options=(option("--to", required=True, type=Path, metavar="PATH", help="a folder, or a file that is not there yet"),),
        ),
        _on("open-case", open_case, options=(option("--title", required=True, help="no personal data"),)),
        Deed(
            name="close-many",
            permission=WORK,
            service=close_many,
            options=(
                *narrowing(Alert),
                LIMIT,
                option("--disposition", required=True, choices=[str(found) for found in OF_MANY], type=str.upper),
                REASON_CODE,
            ),
            reason=REQUIRED,
            told=told,
            help="the most urgent of a queue, all alike; no suspicion, and no name on a sanctions list",
        ),
        Deed(
            name="skills",
            permission=MANAGE,
            service=skills,
            options=(
                option("email", metavar="EMAIL"),
                option("--kinds", required=True, metavar="RISK,OTHER", help=f"of {', '.join(SKILLS)}"),
                option("--most", keyword="most_open", type=int, default=50, help="how many at a time"),
                option("--away", action="store_true"),
            ),
            told=lambda row: f"{', '.join(row.kinds)}, {row.most_open} at a time{', away' if row.is_away else ''}.",
            help="what an officer is given",
        ),
    )

    def listed(self, **asked: Any) -> Iterable[str]:
        """The most urgent first."""
        for row in waiting(Alert, **asked):
            whose = row.assignee.email if row.assignee else ""
            yield line(row.public_id, row.priority, f"due {row.due_at:%Y-%m-%d %H:%M}", row.kind, row.state, whose, row.headline)

    def described(self, row: Alert) -> Iterable[tuple[str, Any]]:
        """What it is and what it saw."""
        yield from (("Alert", row.public_id), ("Why", row.headline), ("Kind", row.get_kind_display()), ("Scenario", row.scenario))
        yield from (("State", row.get_state_display()), ("Priority", row.priority), ("Due", row.due_at))
        yield from (("Customer", row.customer.public_id if row.customer else ""), ("Ends as", row.get_disposition_display()))
        yield from (("Because", row.get_reason_code_display()), ("Decided by", row.decided_by), ("Confirmed by", row.checked_by))
        for one in row.evidence.order_by("-happened_at")[:20]:
            yield f"{one.happened_at:%Y-%m-%d}", one.headline
