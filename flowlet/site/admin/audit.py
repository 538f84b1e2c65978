"""The audit trail: deeds, and the blocks that seal them. Nobody changes anything here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from flowlet.audit.models import Block, Record
from flowlet.audit.selectors import chain, records
from flowlet.backoffice import ReadOnlyAdmin, cells, filters, panels, permissions, site
from flowlet.backoffice.panels import Panel
from flowlet.core.actors import Actor
from flowlet.site.admin import subjects

SHOWN = 100


def hidden_from(request: HttpRequest) -> list[str]:
    """Kinds of confidential things of which this person may not know; their records do not exist for them."""
    pages = [page for page in site._registry.values() if getattr(page, "confidential", False)]
    return [page.model.PREFIX for page in pages if not permissions.allows(request.user, page.permission)]


def changes(record: Record) -> list[tuple[str, Any, Any]]:
    """What was, and what became of it, by name."""
    before, after = record.before or {}, record.after or {}
    return [(name, _text(before, name), _text(after, name)) for name in sorted({*before, *after})]


def _text(values: dict[str, Any], name: str) -> Any:
    if name not in values:
        return cells.DASH
    value = values[name]
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _seal(record: Record) -> list[tuple[str, Any]]:
    seal = chain.seal_of(record)
    if seal is None:
        return [("Seal", cells.badge("not sealed yet", "neutral"))]
    word = cells.badge("agrees with its seal", "good") if seal.agrees else cells.badge("was altered after it was sealed", "bad")
    return [
        ("Seal", word),
        ("Block", cells.link(seal.block)),
        ("Sealed", seal.block.sealed_at),
        ("Digest", cells.code(seal.digest)),
    ]


def _opened(record: Record, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, Any]]:
    """The personal values in clear, before and after; who saw them is in the audit by then."""
    found = records.personal_of(record) or {}
    pairs = []
    for moment, values in found.items():
        if isinstance(values, dict):
            pairs += [(f"{name}, {moment}", value) for name, value in values.items()]
        else:
            pairs.append((moment, values))
    return pairs


class KindFilter(filters.Typed):
    """What sort of thing was acted upon, by the beginning of its public id."""

    title, parameter_name = "to what", "target_kind"
    inputs = (("target_kind", "Kind", "select"),)

    def options(self, name: str) -> list[tuple[str, str]]:
        """Every kind of thing that has a page here, and requests for approval."""
        kinds = {getattr(model, "PREFIX", ""): str(model._meta.verbose_name) for model in site._registry}
        return sorted(((prefix, label.capitalize()) for prefix, label in kinds.items() if prefix), key=lambda pair: pair[1])

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """By the index of kinds."""
        return records.of_kind(queryset, typed["target_kind"])


class ActionFilter(filters.Typed):
    """What was done."""

    title, parameter_name = "what", "done"
    inputs = (("done", "Action", "text"),)

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self.hidden = hidden_from(request)

    def options(self, name: str) -> list[tuple[str, str]]:
        """Every action that ever happened."""
        return [(action, "") for action in records.actions(without=self.hidden)]

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """Exactly so called."""
        return queryset.filter(action=typed["done"])


class ActorFilter(filters.Typed):
    """Who did it."""

    title, parameter_name = "who", "actor"
    inputs = (("actor", "Public id, or a member of staff's e-mail address", "text"),)

    def narrow(self, queryset: QuerySet, **typed: str) -> QuerySet:
        """By id; an address stands for its person's."""
        actor = typed["actor"]
        if "@" in actor:
            person = User.objects.filter(email=actor.lower()).first()
            actor = person.public_id if person is not None else actor
        return queryset.filter(actor_id=actor)


class RecordAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_filter = (KindFilter, ActionFilter, ActorFilter, filters.Days)
    list_filter_submit = True

    section, icon, menu_order = "Evidence", "history", 10
    menu_title = "Audit"
    list_display = ("at_", "action", "target_", "actor", "partner", "reason")
    list_display_links = ("at_",)
    search_fields = ("target", "actor_id")
    search_help_text = "Public id of what was acted upon, or of who acted"
    panels = (
        panels.Facts(
            title="Deed",
            rows=lambda record: [
                ("When", record.at),
                ("What", cells.code(record.action)),
                ("To what", subjects.link(record.target)),
                ("Partner", subjects.partner(record)),
                ("Why", record.reason),
            ],
        ),
        panels.Facts(
            title="Who",
            rows=lambda record: [
                ("Kind", record.actor_kind),
                ("Id", subjects.link(record.actor_id)),
                ("Role or name", record.actor_label),
                ("Address", cells.code(record.actor_ip)),
                ("Request", cells.code(record.request_id)),
            ],
        ),
        panels.Table(
            title="What changed", columns=("Name", "Before", "After"), rows=changes, empty="Nothing but the deed itself."
        ),
        panels.Revealable(
            title="Personal values",
            masked=lambda record: [("Encrypted", f"{len(record.personal)} bytes, under the subject's own key")],
            reveal=_opened,
            action="audit.personal_data_revealed",
        ),
        panels.Facts(title="Evidence", rows=_seal),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Record]:
        """With the partners' names, without what this person may not know of."""
        return records.without_kinds(subjects.with_partner(super().get_queryset(request)), hidden_from(request))

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """The newest first; within days by the moment, so that the index of moments leads to the page."""
        return ("-at", "-pk") if request.GET.get("from") or request.GET.get("to") else self.ordering

    def panels_for(self, request: HttpRequest, obj: Record) -> Sequence[Panel]:
        """Without the personal values where there are none."""
        return [panel for panel in self.panels if obj.personal is not None or not isinstance(panel, panels.Revealable)]

    @admin.display(description="when")
    def at_(self, record: Record) -> Any:
        """The moment of the deed."""
        return cells.moment(record.at)

    @admin.display(description="to what")
    def target_(self, record: Record) -> Any:
        """A link to the thing."""
        return subjects.link(record.target)

    @admin.display(description="who")
    def actor(self, record: Record) -> Any:
        """The role or key, or the id of whoever has none."""
        return record.actor_label or record.actor_id

    @admin.display(description="partner")
    def partner(self, record: Record) -> str:
        """Whose affair it is."""
        return subjects.partner(record)


class BlockAdmin(ReadOnlyAdmin):
    """Seals of the trail."""

    section, icon, menu_order = "Evidence", "link", 20
    menu_title = "Seals of the audit"
    list_display = ("number", "sealed", "count", "head")
    panels = (
        panels.Facts(
            title="Block",
            rows=lambda block: [
                ("Number", block.number),
                ("Sealed", block.sealed_at),
                ("Records", block.count),
                ("Hash", cells.code(bytes(block.hash).hex())),
                ("Hash of the block before", cells.code(bytes(block.previous_hash).hex())),
                ("Anchor", cells.code(f"{block.number}:{bytes(block.hash).hex()}")),
            ],
        ),
        panels.Table(
            title=f"Records (the first {SHOWN})",
            columns=("When", "What", "To what", "Who"),
            rows=lambda block: [
                (
                    record.at,
                    cells.link(record, record.action),
                    subjects.link(record.target),
                    record.actor_label or record.actor_id,
                )
                for record in records.of_ids(block.record_ids[:SHOWN])
                if record.target.partition("_")[0] not in block.fl_hidden
            ],
        ),
    )

    def panels_for(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        """The records are those that this person may know of."""
        obj.fl_hidden = hidden_from(request)
        return super().panels_for(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Block]:
        """Without the bulk of it."""
        return super().get_queryset(request).defer("digests")

    @admin.display(description="sealed")
    def sealed(self, block: Block) -> Any:
        """When."""
        return cells.moment(block.sealed_at)

    @admin.display(description="hash")
    def head(self, block: Block) -> Any:
        """How its hash begins."""
        return cells.code(bytes(block.hash).hex()[:16] + "…")


site.register(Record, RecordAdmin)
site.register(Block, BlockAdmin)
