"""Files that banks send about payments: taken in, what each thing they say has done, and what was left over until a person closes it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from flowlet.backoffice import CaseAdmin, Transition, cells, home, may_become, panels, site
from flowlet.core.actors import Actor
from flowlet.core.errors import Conflict
from flowlet.core.states import IllegalMove
from payments import errors
from payments.admin import furniture
from payments.choices import InboundFormat, InboundState
from payments.models import InboundFile, InboundItem, Payment
from payments.models.inbound_file import OPEN
from payments.services import inbound_files
from payments.services.inbound_files import Tally
from payments.states import INBOUND_ITEM_MOVES

TAKE = "payments.take_bank_file"
LARGEST = 20 * 1024 * 1024
LEFT = (InboundState.UNMATCHED, InboundState.REFUSED)


# What is done


class TakeForm(forms.Form):
    """A bank's file."""

    file = forms.FileField(help_text="ACH returns and notifications of change, pain.002, pacs.002 or pacs.004")
    format = forms.ChoiceField(required=False, choices=[("", "As it looks"), *InboundFormat.choices])


def take(*, file: UploadedFile, format: str, actor: Actor, at: datetime) -> InboundFile:
    """Keep the file and go through it; each thing it says is booked by itself."""
    if (file.size or 0) > LARGEST:
        raise errors.InboundFileUnreadable("The file is too large for this page; use the command import_bank_file.", param="file")
    wanted = InboundFormat(format) if format else None
    taken = inbound_files.take(name=file.name or "file", content=file.read(), format=wanted, actor=actor, at=at)
    inbound_files.handle(file_id=taken.pk, actor=actor, at=at)
    return taken


def handle(*, file_id: UUID, actor: Actor, at: datetime) -> Tally:
    """Go through what is left over once more."""
    return inbound_files.handle(file_id=file_id, actor=actor, at=at)


def check_has_left(file: InboundFile, actor: Actor) -> None:
    """Raises Conflict when all of it is done with."""
    if not inbound_files.tally(file).left:
        raise Conflict("All of it is done with.")


def said(found: Tally | InboundFile) -> str:
    """How many are where."""
    tally = found if isinstance(found, Tally) else inbound_files.tally(found)
    counted = ", ".join(f"{count} {state}" for state, count in asdict(tally).items() if count)
    return f"{counted or 'Nothing in it'}.".capitalize()


# What is shown


def amount_of(item: InboundItem) -> Any:
    """What it speaks of, where it says."""
    return cells.DASH if item.amount is None else furniture.figure(item.amount, item.currency)


def about(item: InboundItem) -> Any:
    """What of ours it speaks of."""
    if item.payment_id:
        return furniture.link(Payment, item.payment_id, "payment")
    if item.batch is not None:
        return cells.link(item.batch, "payment file")
    return "prenote" if item.verification_id else cells.DASH


def codes(item: InboundItem) -> str:
    """The bank's words."""
    return " · ".join(text for text in (item.code, item.cause) if text) or cells.DASH


def facts_of_file(file: InboundFile) -> list[tuple[str, Any]]:
    """What it is, and when it came."""
    return [
        ("Name", cells.code(file.name)),
        ("Format", file.get_format_display()),
        *([("Made on", file.written_on)] if file.written_on else []),
        ("Items", f"{file.count:,}"),
        ("Size", f"{file.size:,} bytes"),
        ("SHA-256", cells.code(file.digest)),
        ("Received", file.received_at),
        ("Received by", furniture.people([file.received_by])[file.received_by]),
        ("Gone through last", file.handled_at),
    ]


def tallied(file: InboundFile) -> list[tuple]:
    """How many items are in which state."""
    tally = asdict(inbound_files.tally(file))
    return [
        (cells.badge(state.label, state.tone), tally[state.value.lower()]) for state in InboundState if tally[state.value.lower()]
    ]


def items_of(file: InboundFile) -> list[tuple]:
    """What it says: what is left over first."""
    rows = InboundItem.objects.filter(file=file).select_related("batch").defer("batch__sealed")
    left = list(rows.filter(state__in=OPEN).order_by("ordinal")[: furniture.SHOWN])
    done = list(rows.exclude(state__in=OPEN).order_by("ordinal")[: furniture.SHOWN])
    return [
        (
            one.ordinal,
            cells.link(one, one.get_kind_display()),
            cells.code(codes(one)),
            cells.code(one.reference),
            cells.choice(one, "state", InboundState),
            one.reason,
            about(one),
            amount_of(one),
        )
        for one in [*left, *done][: furniture.SHOWN]
    ]


def facts_of_item(item: InboundItem) -> list[tuple[str, Any]]:
    """What the bank says."""
    optional = [
        ("Code", cells.code(item.code), item.code),
        ("Cause", cells.code(item.cause), item.cause),
        ("Names", cells.code(item.reference), item.reference),
        ("Amount", amount_of(item), item.currency),
    ]
    return [
        ("Kind", item.get_kind_display()),
        *panels.known(optional),
        ("File", cells.link(item.file, item.file.name)),
        ("Place in the file", item.ordinal),
    ]


def done_to(item: InboundItem) -> list[tuple[str, Any]]:
    """What became of it."""
    optional = [
        ("Why", item.reason, item.reason),
        ("Refusal", cells.code(item.reason_code), item.reason_code),
        ("Payment", furniture.link(Payment, item.payment_id), item.payment_id),
        ("Payment file", cells.link(item.batch) if item.batch else "", item.batch),
        ("Handled", item.handled_at, item.handled_at),
        ("By", furniture.people([item.handled_by])[item.handled_by] if item.handled_by else "", item.handled_by),
    ]
    state = ("State", cells.choice(item, "state", InboundState))
    return [state, *panels.known(optional)]


def said_by_files(payment: Payment) -> list[tuple]:
    """For the payment's page: what files of banks said of it."""
    rows = InboundItem.objects.filter(payment=payment).select_related("file").defer("file__sealed").order_by("-id")
    return [
        (
            one.file.received_at,
            cells.link(one, one.get_kind_display()),
            cells.code(codes(one)),
            cells.choice(one, "state", InboundState),
            one.reason,
        )
        for one in rows[: furniture.SHOWN]
    ]


class InboundFileAdmin(CaseAdmin):
    """One file of a bank."""

    section, menu_title, icon, menu_order = "Money", "Files from banks", "move_to_inbox", 7
    thing, things = "file from a bank", "files from banks"
    list_display = ("public_id", "name", "format_", "written_on", "count", "left", "received_at")
    list_filter = ("format",)
    figures = ("count", "left")
    search_fields = ("digest",)
    search_help_text = "Id, or the SHA-256 of the file"
    version_fields = ("handled_at",)
    panels = (
        panels.Facts(title="File", rows=facts_of_file),
        panels.Table(title="What became of it", columns=("State", "Items"), figures=("Items",), rows=tallied, wide=False),
        panels.Table(
            title="What it says",
            columns=("No.", "What", "Code", "Names", "State", "Why", "About", "Amount"),
            figures=("No.", "Amount"),
            rows=items_of,
            more=lambda file: f"{cells.admin_url(InboundItem, 'changelist')}?work=all&q={file.public_id}",
            empty="Nothing.",
        ),
        panels.History(),
    )
    hidden_refusals = (Conflict,)
    transitions = (
        Transition(
            name="handle",
            label="Go through again",
            key="g",
            style="primary",
            permission=TAKE,
            service=handle,
            subject="file_id",
            policy=check_has_left,
            is_atomic=False,
            confirm="What is left over is looked up and booked once more; what was done stays done.",
            done=said,
        ),
        Transition(
            name="take",
            label="Take in a file",
            key="t",
            style="primary",
            scope="list",
            permission=TAKE,
            form=TakeForm,
            service=take,
            is_atomic=False,
            confirm="Everything it says is booked at once. The same bytes are taken once.",
            done=said,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundFile]:
        """With how many items are left over, without what the file says."""
        left = (
            InboundItem.objects.filter(file=OuterRef("pk"), state__in=OPEN)
            .order_by()
            .values("file")
            .annotate(found=Count("pk"))
            .values("found")
        )
        counted = Coalesce(Subquery(left, output_field=IntegerField()), 0)
        return super().get_queryset(request).defer("sealed").annotate(items_left=counted)

    def title_of(self, obj: InboundFile) -> str:
        """Its name."""
        return obj.name

    def status_of(self, obj: InboundFile) -> Any:
        """Beside the heading: whether something is left over."""
        left = getattr(obj, "items_left", 0)
        return cells.badge(f"{left} left over", "warn") if left else cells.badge("done with", "good")

    def level_of(self, result: Any) -> int:
        """What is left over is no success."""
        tally = result if isinstance(result, Tally) else inbound_files.tally(result)
        return messages.WARNING if tally.left else messages.SUCCESS

    @admin.display(description="format")
    def format_(self, obj: InboundFile) -> str:
        """In words."""
        return obj.get_format_display()

    @admin.display(description="left over")
    def left(self, obj: InboundFile) -> Any:
        """How much somebody has to look at."""
        left = getattr(obj, "items_left", 0)
        return cells.badge(left, "warn") if left else cells.DASH


class WorkFilter(admin.SimpleListFilter):
    """What a person has to look at; nothing chosen shows that."""

    title, parameter_name = "work", "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By state, or all."""
        return [*InboundState.choices, ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        chosen = self.value()
        if chosen == "all":
            return queryset
        return queryset.filter(state=chosen) if chosen in InboundState.values else queryset.filter(state__in=OPEN)


class InboundItemAdmin(CaseAdmin):
    """One thing that a bank's file says."""

    menu_title, icon, menu_order = "Left over from banks", "rule", 24
    thing, things = "item of a bank's file", "items of banks' files"
    list_display = ("public_id", "kind", "codes_", "reference", "state_", "reason", "about_", "amount_", "file_")
    list_filter = (WorkFilter, "kind")
    list_select_related = ("file", "batch")
    figures = ("amount_",)
    search_help_text = "Id; or the id of a file, payment or payment file"
    version_fields = ("state",)
    panels = (
        panels.Facts(title="What the bank says", rows=facts_of_item),
        panels.Facts(title="What became of it", rows=done_to),
        panels.History(),
    )
    hidden_refusals = (IllegalMove,)
    transitions = (
        Transition(
            name="close",
            label="Close",
            key="c",
            style="primary",
            permission=TAKE,
            service=inbound_files.close_item,
            subject="item_id",
            policy=may_become(INBOUND_ITEM_MOVES, InboundState.CLOSED, column="state"),
            reason_required=True,
            confirm="Somebody has seen to it, and it needs no more. It is not tried again.",
            done="Closed.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundItem]:
        """Without what the files say."""
        return super().get_queryset(request).defer("file__sealed", "batch__sealed")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """A queue begins with what has waited longest; a file is read from its beginning."""
        is_queue = request.GET.get("work") not in {"all", InboundState.HANDLED, InboundState.CLOSED}
        return ("pk",) if is_queue or request.GET.get("q", "").startswith("inf_") else self.ordering

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By what it belongs to."""
        return furniture.by_key(queryset, term, inf="file_id", pay="payment_id", bat="batch_id")

    def title_of(self, obj: InboundItem) -> str:
        """What it is, and of what."""
        return " · ".join(text for text in (obj.get_kind_display(), obj.code, obj.reference) if text)

    def status_of(self, obj: InboundItem) -> Any:
        """Beside the heading."""
        return self.state_(obj)

    @admin.display(description="code")
    def codes_(self, obj: InboundItem) -> Any:
        """The bank's words."""
        return cells.code(codes(obj))

    @admin.display(description="state")
    def state_(self, obj: InboundItem) -> Any:
        """As a badge."""
        return cells.choice(obj, "state", InboundState)

    @admin.display(description="about")
    def about_(self, obj: InboundItem) -> Any:
        """What of ours it speaks of."""
        return about(obj)

    @admin.display(description="amount")
    def amount_(self, obj: InboundItem) -> Any:
        """Where it says one."""
        return amount_of(obj)

    @admin.display(description="file")
    def file_(self, obj: InboundItem) -> Any:
        """From which it is."""
        return cells.link(obj.file, obj.file.name)


def left_over(request: HttpRequest) -> home.Waiting | None:
    """What banks said that somebody has to look at."""
    found = list(InboundItem.objects.filter(state__in=LEFT).order_by("pk").values_list("handled_at", flat=True)[:1000])
    if not found:
        return None
    return home.Waiting(count=len(found), url=cells.admin_url(InboundItem, "changelist"), oldest_at=min(found))


site.register(InboundFile, InboundFileAdmin)
site.register(InboundItem, InboundItemAdmin)
home.register(home.Queue(name="payments.left_over", title="Left over from banks", permission=TAKE, load=left_over, order=24))
panels.add(
    Payment,
    panels.Table(
        title="Said by banks' files",
        columns=("Received", "What", "Code", "State", "Why"),
        rows=said_by_files,
        empty="Nothing.",
    ),
)
