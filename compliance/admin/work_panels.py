"""What is shown of work on every page of it: who has it and until when, notes, files; and people by name."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from accounts.selectors import staff
from compliance.models import Alert, Case, WorkItem
from compliance.services import work_notes
from flowlet.backoffice import cells, panels

SHOWN = 20


def named(actors: Iterable[str]) -> dict[str, Any]:
    """Each actor, such as ``staff:usr_…``, as people read it: staff by role, with a link. One query."""
    texts = {text for text in actors if text}
    users = staff.behind(texts)
    return {text: cells.actor(text, users.get(text)) for text in texts}


def work_of(row: WorkItem, request: HttpRequest) -> dict[str, Any]:
    """How urgent it is, until when, whose it is, and the lock."""
    page = request.fl_work_admin
    facts = [("Urgency", page.urgency(row)), ("Due in", page.due(row)), ("Whose", page.whose(row))]
    return {"facts": facts, **page.lock_of(request, row)}


def notes_of(row: Alert | Case) -> list[panels.Moment]:
    """Notes, the newest first."""
    found = list(row.notes.order_by("-id")[:SHOWN])
    who = named(one.author for one in found)
    return [panels.Moment(at=one.created_at, label="Note", text=work_notes.text_of(one), who=who[one.author]) for one in found]


def files_of(row: Alert | Case) -> list[tuple[Any, ...]]:
    """Files, the newest first."""
    found = list(row.files.defer("sealed").order_by("-id")[:SHOWN])
    who = named(one.added_by for one in found)
    return [(cells.link(one, one.name or "deleted"), f"{one.size:,} bytes", one.added_at, who[one.added_by]) for one in found]


LOCK = panels.Custom(title="Work", name="work", page="compliance/lock.html", load=work_of)
NOTES = panels.Timeline(title="Notes", moments=notes_of, empty="Nobody has noted anything yet.")
FILES = panels.Table(
    title="Files", columns=("Name", "Size", "Added", "By"), figures=("Size",), rows=files_of, empty="None yet.", wide=False
)
