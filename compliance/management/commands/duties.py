"""duties: the register of regulatory duties."""

from collections.abc import Iterable
from typing import Any

from accounts.choices import Role
from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, Option, line, option
from compliance.choices import Recurrence
from compliance.models import Duty
from compliance.services import duties, duty_evidence
from flowlet.core import clock

PERMISSION = "compliance.work_duty"


def save(*, recurrence: str | None, is_retired: str | None, **given: Any) -> Duty:
    """What was given; what always holds has no day."""
    values = {name: value for name, value in given.items() if value is not None}
    values |= {"recurrence": recurrence} if recurrence else {}
    values |= {"due_on": None} if recurrence == Recurrence.ALWAYS else {}
    values |= {"is_retired": is_retired == "yes"} if is_retired else {}
    return duties.save(**values)


def _told(*, required: bool) -> tuple[Option, ...]:
    """What the register says of a duty."""
    return (
        option("--title", required=required),
        option("--source", required=required, help="statute and article"),
        option("--control", required=required, help="how it is met"),
        option(
            "--evidence", choices=("", *duty_evidence.QUERIES), default="" if required else None, help="figures that prove it"
        ),
        option("--owner", required=required, choices=Role.values, type=str.upper),
        option("--recurrence", required=required, choices=Recurrence.values, type=str.upper),
        option("--due-on", type=arguments.day, metavar="DAY", help="of what recurs"),
        option("--retired", keyword="is_retired", choices=("yes", "no"), help="whether it holds no more"),
    )


class Command(DeedCommand):
    help = (
        "The register of regulatory duties: what is due, and what proves it. bring-in adds the shipped duties that are not there."
    )
    shows = Duty
    list_options = (option("--all", action="store_true", help="those that are not due, and retired ones, too"),)
    deeds = (
        Deed(name="bring-in", permission=PERMISSION, service=duties.bring_in, told=lambda made: f"{made} duties came."),
        Deed(
            name="fulfil",
            model=Duty,
            permission=PERMISSION,
            service=duties.fulfil,
            reason=REQUIRED,
            told=lambda row: f"{row.code}: next {row.due_on}.",
            help="say how it was met",
        ),
        Deed(
            name="create",
            permission=PERMISSION,
            service=save,
            reason=REQUIRED,
            options=(option("code", help="such as sanctions-lists"), *_told(required=True)),
            told=lambda row: line(row.public_id, row.code),
            help="write a duty down",
        ),
        Deed(
            name="edit",
            model=Duty,
            permission=PERMISSION,
            service=save,
            reason=REQUIRED,
            options=_told(required=False),
            told=lambda row: line(row.public_id, row.code),
            help="change a duty; what is not given stays",
        ),
    )

    def listed(self, **wanted: Any) -> Iterable[str]:
        """By the day on which they are due."""
        rows = Duty.objects.order_by("due_on", "code") if wanted["all"] else duties.due(on=clock.now().date() + duties.TOLD_AHEAD)
        for row in rows:
            yield line(row.public_id, row.code, row.owner, row.recurrence, row.due_on and f"due {row.due_on}", row.title)

    def described(self, row: Duty) -> Iterable[tuple[str, Any]]:
        """With its figures now."""
        for name in ("title", "source", "control", "owner", "recurrence", "due_on", "fulfilled_on"):
            yield name.replace("_", " ").capitalize(), getattr(row, name)
        for figure in duties.figures(row, at=clock.now()):
            yield figure.label, figure.value if figure.is_good else f"{figure.value} (look)"
