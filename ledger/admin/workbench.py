"""The workbench: the bank's open lines left, our open entries right, suggestions with their reason above, by keyboard."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse

from flowlet.backoffice import cells, permissions
from flowlet.backoffice.actors import actor_of
from flowlet.core import clock, money
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from ledger.admin import reconciling
from ledger.choices import ItemSide, ItemState, MatchState
from ledger.models import BankAccount, Break, Match, ReconciliationItem
from ledger.selectors import reconciliation as questions
from ledger.services import matches

RIGHT = "ledger.reconcile"
SHOWN, SHOWN_SUGGESTIONS, SHOWN_MATCHES = 100, 20, 12
# What the help of the page says of its own keys.
KEYS = (("x", "Select the row; on a match, take it back"), ("m", "Match what is selected"), ("a", "Accept the suggestion"))


def page(admin: Any, request: HttpRequest, account: BankAccount) -> HttpResponseBase:
    """The page on GET; a match or an accepted suggestion on POST."""
    if request.method == "POST":
        return _do(request, account)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    asked = request.GET.get("q", "").strip()[:80]
    newest = questions.newest_statement(bank_account=account)
    day = _day(request.GET.get("day", "")) or (newest.to_on if newest else clock.now().date())
    proof = questions.proof(bank_account=account, on=day)
    sides = [_side(account, side, asked) for side in (ItemSide.THEIRS, ItemSide.OURS)]
    context = {
        **admin.admin_site.each_context(request),
        "title": f"Workbench, {account.name}",
        "account": account,
        "up": (admin.url_of(account), account.code),
        "day": day,
        "asked": asked,
        "picture": {
            "bars": reconciling.bars(questions.states_of_day(bank_account=account, first=day, last=day)),
            "empty": "Nothing of this day has been reconciled.",
        },
        "proof": proof,
        "figures": _figures(proof),
        "sides": sides,
        "suggestions": _suggestions(account),
        "matches": _matches(account),
        "may_match": permissions.allows(request.user, RIGHT),
        "rule": tolerance_of(account),
        "digits": money.exponent(account.currency),
        "unowned_url": f"{cells.admin_url(Break, 'changelist')}?work=unowned&bank_account={account.public_id}",
        "page_keys": KEYS,
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "ledger/workbench.html", context)


def _do(request: HttpRequest, account: BankAccount) -> HttpResponseBase:
    if not permissions.allows(request.user, RIGHT):
        raise PermissionDenied
    given = {"actor": actor_of(request), "at": clock.now()}
    reason = request.POST.get("reason", "")
    try:
        if "suggestion" in request.POST:
            made = matches.accept(match_id=_key(request.POST["suggestion"]), reason=reason, **given)
        else:
            numbers = [int(text) for text in request.POST.getlist("items") if text.isdecimal() and len(text) < 18]
            made = matches.make(bank_account_id=account.pk, item_ids=numbers, reason=reason, **given)
        messages.success(request, f"Matched as {made.public_id}.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return HttpResponseRedirect(request.get_full_path())


def _key(text: str) -> UUID:
    return Match.key(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _side(account: BankAccount, side: ItemSide, asked: str) -> dict[str, Any]:
    found = questions.open_items(bank_account=account).filter(side=side).exclude(state=ItemState.SUGGESTED)
    rows = list(_narrowed(found, asked).select_related("line", "journal").order_by("dated_on", "id")[: SHOWN + 1])
    return {
        "name": side.value.lower(),
        "label": "At the bank" if side == ItemSide.THEIRS else "In the books",
        "rows": [_row(item, account.currency) for item in rows[:SHOWN]],
        "has_more": len(rows) > SHOWN,
    }


def _narrowed(found: QuerySet[ReconciliationItem], asked: str) -> QuerySet[ReconciliationItem]:
    """By an amount (either direction) or by the beginning of a reference."""
    if not asked:
        return found
    condition = Q(reference__startswith=asked.upper())
    try:
        amount = Decimal(asked.replace(",", ""))
        if amount.is_finite() and abs(amount) < 10**15:
            condition |= Q(amount__in=[amount, -amount])
    except InvalidOperation:
        pass
    return found.filter(condition)


def _row(item: ReconciliationItem, currency: str) -> dict[str, Any]:
    return {
        "pk": item.pk,
        "day": item.dated_on,
        "amount": reconciling.figure(item, currency),
        "plain": f"{item.amount:f}",
        "reference": item.reference or cells.DASH,
        "text": reconciling.said(item),
        "state": reconciling.state_badge(item),
        "source": reconciling.source_link(item),
        "side": item.side.lower(),
        "candidates": ",".join(map(str, item.candidates)),
    }


def _suggestions(account: BankAccount) -> list[dict[str, Any]]:
    found = Match.objects.filter(bank_account=account, state=MatchState.SUGGESTED).order_by("id")[:SHOWN_SUGGESTIONS]
    rows = list(found)
    items: dict[Any, list[ReconciliationItem]] = {row.pk: [] for row in rows}
    members = ReconciliationItem.objects.filter(match__in=rows).select_related("line", "journal").order_by("dated_on", "id")
    for item in members:
        items[item.match_id].append(item)
    return [
        {
            "key": row.public_id,
            "reason": row.reason,
            "difference": Money(row.difference, account.currency) if row.difference else None,
            "shown_difference": cells.money(Money(row.difference, account.currency)) if row.difference else "",
            "may_accept": _is_acceptable(account, items[row.pk]),
            "theirs": [_row(item, account.currency) for item in items[row.pk] if item.side == ItemSide.THEIRS],
            "ours": [_row(item, account.currency) for item in items[row.pk] if item.side == ItemSide.OURS],
        }
        for row in rows
    ]


def _is_acceptable(account: BankAccount, group: list[ReconciliationItem]) -> bool:
    try:
        matches.check_difference(account, *matches.sides(group))
    except DomainError:
        return False
    return True


def _matches(account: BankAccount) -> list[tuple[Any, ...]]:
    rows = Match.objects.filter(bank_account=account, state=MatchState.LIVE).order_by("-made_at", "-id")[:SHOWN_MATCHES]
    return [
        (
            cells.moment(row.made_at),
            cells.link(row, row.get_found_by_display()),
            row.reason,
            cells.money(Money(row.amount, account.currency)),
            row.public_id,
            f"{cells.admin_url(row).removesuffix('change/')}do/undo/",
        )
        for row in rows
    ]


def _figures(proof: questions.Proof) -> list[tuple[str, Any]]:
    money = lambda amount: cells.DASH if amount is None else cells.money(Money(amount, proof.bank_account.currency))  # noqa: E731
    return [
        ("At the bank", money(proof.bank_balance)),
        ("In the books", money(proof.books_balance)),
        ("Difference", money(proof.difference)),
        ("Open at the bank", money(proof.open_theirs)),
        ("Open in the books", money(proof.open_ours)),
    ]


def tolerance_of(account: BankAccount) -> str:
    """How large a difference may be, in words."""
    limits = []
    if account.tolerance_amount is not None:
        limits.append(f"{cells.number(account.tolerance_amount, account.currency)} {account.currency}")
    if account.tolerance_percent is not None:
        limits.append(f"{account.tolerance_percent.normalize():f} %")
    return " and ".join(limits)
