"""export_reports: reports to FinCEN and to units in the EU from draft to answer, from the command line."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import CommandError

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option, write_new
from compliance.choices import ReportKind, ReportState
from compliance.choices.reports import APPROVE, FILE, PREPARE
from compliance.management.work import LIMIT, WHOSE, narrowing, waiting, words
from compliance.models import Report, ReportBatch
from compliance.models.report import OPEN
from compliance.policies import reports as policies
from compliance.services import report_batches, report_clock, reports
from flowlet.core import clock
from flowlet.core.actors import Actor

CONTENT = option("--content", required=True, type=Path, metavar="FILE", help="what it says, as JSON")
DETERMINED = option(
    "--determined-on", type=date.fromisoformat, metavar="DAY", help="of a SAR or STR: when a person found that it may be due"
)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(_read(path))
    except orjson.JSONDecodeError as error:
        raise CommandError(f"{path}: {error}") from None
    if not isinstance(found, dict):
        raise CommandError(f"{path}: an object is expected.")
    return found


def draft(
    *, kind: str, content: Path, determined_on: date | None, no_suspect: bool, prior: str, actor: Actor, at: datetime
) -> Report:
    """A new draft."""
    return reports.draft(
        kind=kind,
        content=_json(content),
        determined_on=determined_on,
        has_suspect=not no_suspect,
        prior_id=Report.key(prior) if prior else None,
        actor=actor,
        at=at,
    )


def change(*, report_id: UUID, content: Path, determined_on: date | None, reason: str, actor: Actor, at: datetime) -> Report:
    """Another text for a draft."""
    return reports.change(
        report_id=report_id, content=_json(content), determined_on=determined_on, reason=reason, actor=actor, at=at
    )


def check(*, report_id: UUID, actor: Actor, at: datetime) -> str:
    """What is missing or wrong, a line each."""
    gaps = reports.gaps_of(reports.get(report_id), on=at.date())
    return "\n".join(line(gap.severity, gap.item, gap.where, gap.message) for gap in gaps) or "Nothing is missing."


def show(*, report_id: UUID, reason: str, actor: Actor, at: datetime) -> str:
    """What it says."""
    content = reports.read(report_id=report_id, reason=reason, actor=actor, at=at)
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def file(*, kind: str, actor: Actor, at: datetime) -> str:
    """All approved reports of a kind into one file."""
    batch = report_batches.file(kind=kind, actor=actor, at=at)
    if batch is None:
        return "No report waits to be filed."
    checked = f"valid against {batch.schema}" if batch.schema else "not checked: FLOWLET_BSA_SCHEMAS is not set"
    checked = f"as {batch.schema}" if batch.kind == ReportKind.STR else checked
    return f"{batch.public_id}  {batch.file_name}  {batch.reports_count} reports, {checked}"


def download(*, batch_id: UUID, to: Path, reason: str, actor: Actor, at: datetime) -> str:
    """The file in clear, into a new one that only its owner reads."""
    found = report_batches.download(batch_id=batch_id, reason=reason, actor=actor, at=at)
    return write_new(to / found.name if to.is_dir() else to, found.content)


def acknowledge(*, batch_id: UUID, answer: Path, actor: Actor, at: datetime) -> str:
    """FinCEN's answer to a file."""
    batch = report_batches.acknowledge(batch_id=batch_id, content=_read(answer), actor=actor, at=at)
    return "\n".join(
        line(row.public_id, row.get_state_display().lower(), row.bsa_id, ", ".join(fault["code"] for fault in row.faults))
        for row in batch.reports.order_by("place")
    )


def _on_report(name: str, permission: str, service: Any, **more: Any) -> Deed:
    return Deed(name=name, model=Report, permission=permission, service=service, subject="report_id", **more)


def _on_batch(name: str, service: Any, **more: Any) -> Deed:
    return Deed(name=name, model=ReportBatch, permission=FILE, service=service, subject="batch_id", **more)


class Command(DeedCommand):
    help = "Draft, check, propose, approve and file reports to FinCEN and to units in the EU, and take FinCEN's answers in."
    list_options = (
        WHOSE,
        option(
            "--state", choices=ReportState.values, type=str.upper, help="without a queue: those; default: all that are not filed"
        ),
        *narrowing(Report),
        LIMIT,
    )
    deeds = (
        Deed(
            name="draft",
            permission=PREPARE,
            service=draft,
            options=(
                option("--kind", required=True, choices=ReportKind.values, type=str.upper),
                CONTENT,
                DETERMINED,
                option("--no-suspect", action="store_true", help="none was known on the day of the determination"),
                option("--prior", default="", metavar="rpt_…", help="the report that it amends or continues"),
            ),
            help="a new draft",
        ),
        _on_report(
            "change",
            PREPARE,
            change,
            policy=policies.check_can_change,
            reason=REQUIRED,
            options=(CONTENT, DETERMINED),
            help="another text",
        ),
        _on_report("check", PREPARE, check, told=str, help="what is missing or wrong, by item of the form"),
        _on_report("read", PREPARE, show, reason=REQUIRED, told=str, help="what it says; who read it and why is kept"),
        _on_report(
            "propose",
            PREPARE,
            reports.propose,
            policy=policies.check_can_propose,
            help="hand a complete draft to a second person",
        ),
        _on_report("approve", APPROVE, reports.approve, policy=policies.check_can_approve, help="as the second person"),
        _on_report(
            "send-back",
            APPROVE,
            reports.send_back,
            policy=policies.check_can_send_back,
            reason=REQUIRED,
            help="make it a draft again",
        ),
        _on_report(
            "withdraw",
            PREPARE,
            reports.withdraw,
            policy=policies.check_can_withdraw,
            reason=REQUIRED,
            help="do not file it; the reason stays",
        ),
        _on_report(
            "amend",
            PREPARE,
            reports.amend,
            policy=policies.check_can_amend,
            options=(DETERMINED,),
            help="a draft that corrects it once it was filed",
        ),
        _on_report(
            "continue",
            PREPARE,
            reports.go_on,
            policy=policies.check_can_go_on,
            help="a draft about what went on since it was filed",
        ),
        _on_report(
            "nothing-went-on",
            PREPARE,
            report_clock.nothing_went_on,
            policy=policies.check_can_end_follow_up,
            reason=REQUIRED,
            help="you looked at the ninety days since it was filed",
        ),
        *words(Report),
        Deed(
            name="file",
            permission=FILE,
            service=file,
            told=str,
            options=(option("--kind", required=True, choices=ReportKind.values, type=str.upper),),
            help="write all approved reports of a kind into one file",
        ),
        _on_batch(
            "download",
            download,
            reason=REQUIRED,
            told=str,
            options=(option("--to", required=True, type=Path, metavar="PATH"),),
            help="the file in clear, for the BSA E-Filing System",
        ),
        _on_batch(
            "acknowledge",
            acknowledge,
            policy=policies.check_can_answer,
            told=str,
            options=(option("--answer", required=True, type=Path, metavar="FILE"),),
            help="take in FinCEN's answer",
        ),
    )

    def listed(self, *, state: str | None, **asked: Any) -> Iterable[str]:
        """A queue, the most urgent first; or by the day on which they are due."""
        rows, today = waiting(Report, **asked), clock.now().date()
        if not (asked["queue"] or asked["filters"] or asked["saved"]):
            rows = Report.objects.filter(state__in=[state] if state else OPEN).order_by("due_on", "id")[: asked["limit"]]
        for row in rows.defer("sealed"):
            left = (row.due_on - today).days
            yield line(
                row.public_id,
                row.kind,
                row.get_state_display().lower(),
                f"due {row.due_on}",
                f"{left} days" if left >= 0 else "overdue",
            )
