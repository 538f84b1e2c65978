"""cases: what they gather, what is to be done, what is frozen, how they end; with the powers of the screen."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from compliance.choices import CaseOutcome, ReportKind
from compliance.choices.reports import PREPARE
from compliance.choices.work import CONFIRM, WORK
from compliance.management.commands.alerts import FILE
from compliance.management.work import LIMIT, WHOSE, colleague, content_of, narrowing, waiting, words
from compliance.models import Case, CaseTask, WorkFile, WorkNote
from compliance.policies import cases as policies
from compliance.services import cases, report_drafts, work_notes
from flowlet.core.actors import Actor


def narrate(*, case_id: UUID, file: Path, actor: Actor, at: datetime) -> Case:
    """What happened, from a file of plain text."""
    return cases.narrate(case_id=case_id, text=content_of(file).decode("utf-8", "replace"), actor=actor, at=at)


def add_task(*, case_id: UUID, text: str, due_on: date, person: str, actor: Actor, at: datetime) -> CaseTask:
    """Something to be done by a day."""
    whom = colleague(person) if person else None
    return cases.add_task(case_id=case_id, text=text, due_on=due_on, person=whom, actor=actor, at=at)


def finish_task(*, case_id: UUID, task: str, actor: Actor, at: datetime) -> CaseTask:
    """It is done."""
    return cases.finish_task(task_id=CaseTask.fetch(task, case_id=case_id).pk, actor=actor, at=at)


def close(*, case_id: UUID, outcome: str, reason: str, actor: Actor, at: datetime) -> Case:
    """``--reason`` are the words."""
    return cases.close(case_id=case_id, outcome=outcome, words=reason, actor=actor, at=at)


def note(*, case_id: UUID, reason: str, actor: Actor, at: datetime) -> WorkNote:
    """``--reason`` is the note."""
    return work_notes.note(item=Case.objects.get(pk=case_id), text=reason, actor=actor, at=at)


def attach(*, case_id: UUID, file: Path, actor: Actor, at: datetime) -> WorkFile:
    """A file from the disk."""
    item = Case.objects.get(pk=case_id)
    return work_notes.attach(item=item, name=file.name, content=content_of(file), actor=actor, at=at)


def _wallets(count: int) -> str:
    return f"{count} wallets."


def _on(name: str, service: Any, **more: Any) -> Deed:
    return Deed(**{"name": name, "model": Case, "permission": WORK, "service": service, "subject": "case_id"} | more)


class Command(DeedCommand):
    help = (
        "List cases and work on them: what they gather, tasks, narrative, notes, files; freeze and release wallets; close by two."
    )
    shows = Case
    list_options = (WHOSE, *narrowing(Case), LIMIT)
    deeds = (
        _on("narrate", narrate, options=(option("--file", required=True, type=Path, help="plain text"),)),
        _on(
            "add-task",
            add_task,
            options=(
                option("--text", required=True, help="no personal data"),
                option("--due-on", type=arguments.day, required=True, metavar="DAY"),
                option("--to", keyword="person", default="", metavar="EMAIL", help="who does it"),
            ),
            told=lambda made: f"Added as {made.public_id}.",
        ),
        _on("finish-task", finish_task, options=(option("--task", required=True, metavar="ctk_…"),), told=lambda _: "Done."),
        _on(
            "close",
            close,
            reason=REQUIRED,
            policy=policies.check_can_close,
            options=(option("--outcome", required=True, choices=CaseOutcome.values, type=str.upper),),
            help="--reason are the words",
        ),
        _on("confirm", cases.confirm, permission=CONFIRM, help="the second person's yes"),
        _on("send-back", cases.send_back, permission=CONFIRM, reason=REQUIRED, help="the second person's no"),
        _on("escalate", cases.escalate, reason=REQUIRED, help="hand it to a manager"),
        *words(Case),
        _on("add-alert", cases.add_alert, options=(option("--alert", required=True, metavar="alr_…"),)),
        _on("add-customer", cases.add_customer, options=(option("--customer", required=True, metavar="cus_…"),)),
        _on("add-payment", cases.add_payment, options=(option("--payment", required=True, metavar="pay_…"),)),
        _on("freeze", cases.freeze, reason=REQUIRED, told=_wallets, help="the open wallets of its customers"),
        _on("ask-release", cases.ask_release, reason=REQUIRED, told=_wallets, help="another person releases them"),
        _on("release", cases.release, permission=CONFIRM, reason=REQUIRED, told=_wallets),
        _on(
            "draft-report",
            report_drafts.from_case,
            permission=PREPARE,
            options=(
                option("--kind", required=True, choices=ReportKind.values, type=str.upper),
                option("--day", type=arguments.day, required=True, metavar="DAY", help="of the determination, or of the cash"),
                option("--no-suspect", keyword="has_suspect", action="store_false", help="none was known on that day"),
            ),
            told=lambda made: f"Drafted as {made.public_id}, {made.reference}, due {made.due_on}.",
            help="to the authority, of what the case gathered",
        ),
        _on("note", note, reason=REQUIRED, told=lambda _: "Noted.", help="--reason is the note; @name calls a colleague"),
        _on("attach", attach, options=(FILE,), told=lambda made: f"Added as {made.public_id}."),
    )

    def listed(self, **asked: Any) -> Iterable[str]:
        """The most urgent first."""
        for row in waiting(Case, **asked):
            whose = row.assignee.email if row.assignee else ""
            yield line(row.public_id, row.priority, f"due {row.due_at:%Y-%m-%d}", row.state, whose, row.title)

    def described(self, row: Case) -> Iterable[tuple[str, Any]]:
        """What it gathers; how it ends is for the screen, which knows who may know."""
        yield from (("Case", row.public_id), ("Title", row.title), ("State", row.get_state_display()), ("Priority", row.priority))
        yield from (("Due", row.due_at), ("Whose", row.assignee.email if row.assignee else ""))
        yield "Alerts", ", ".join(alert.public_id for alert in row.alerts.order_by("pk"))
        for task in row.tasks.order_by("due_on"):
            yield task.public_id, line(task.due_on, task.text, "done" if task.done_at else "to do")
