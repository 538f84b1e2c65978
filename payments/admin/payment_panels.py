"""What stands on a payment's page: its facts, how it stands, its timeline, what is known outside, the verdict, its refunds."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Model

from accounts.models import Customer
from flowlet.backoffice import cells, panels
from flowlet.decisions.choices import Outcome
from flowlet.decisions.models import Verdict
from ledger.models import Journal
from payments.admin import furniture
from payments.choices import (
    AuthorisationStatus,
    Direction,
    ExternalAccountStatus,
    InboundStatus,
    PaymentStatus,
    SuspenseState,
)
from payments.models import ExternalAccount, Mandate, Move, Payment
from payments.selectors import payments as selectors
from payments.selectors import return_codes
from payments.selectors.external_accounts import masked_number
from payments.services import authentications, authorisations, recipes
from wallets.models import Hold, Wallet


def facts(payment: Payment) -> list[tuple[str, Any]]:
    """What is paid to whom."""
    currency, account = payment.currency, payment.external_account
    pairs: list[tuple[str, Any]] = [
        ("Amount", furniture.figure(payment.amount, currency)),
        ("Fee", furniture.figure(payment.fee, currency)),
        ("Partner", payment.partner),
        ("Wallet", furniture.link(Wallet, payment.wallet_id)),
    ]
    optional = [
        ("To wallet", furniture.link(Wallet, payment.target_wallet_id), payment.target_wallet_id),
        ("Customer", furniture.link(Customer, payment.customer_id), payment.customer_id),
        ("External account", cells.link(account, _account_label(account)) if account else "", account),
        ("Account state", cells.choice(account, "status", ExternalAccountStatus) if account else "", account),
        ("Mandate", furniture.link(Mandate, payment.mandate_id), payment.mandate_id),
        ("Gives back", furniture.link(Payment, payment.original_id), payment.original_id),
        ("Description", payment.description, payment.description),
        ("Purpose", payment.purpose, payment.purpose),
        ("External id", cells.code(payment.external_id), payment.external_id),
    ]
    pairs += panels.known(optional)
    return [*pairs, ("Reference", cells.code(payment.reference)), *furniture.notes(payment.metadata)]


def standing(payment: Payment) -> list[tuple[str, Any]]:
    """How it stands, why, and what it has left behind."""
    currency = payment.currency
    meaning, basis = return_codes.meaning(payment.rail, payment.reason_code), authentications.basis_of(payment)
    optional = [
        ("Reason code", cells.code(payment.reason_code), payment.reason_code),
        ("Which means", meaning, meaning),
        ("Why", payment.reason, payment.reason),
        ("The payer's authentication", basis.get_means_display() if basis else "", basis),
        ("Which holds, as", basis.reason if basis else "", basis),
        ("Refunded", furniture.figure(payment.refunded, currency), payment.refunded),
        ("Returned", furniture.figure(payment.returned, currency), payment.returned),
        ("Money held by", furniture.link(Hold, payment.hold_id), payment.status == PaymentStatus.HELD),
        ("Scheduled for", payment.due_at, payment.due_at),
        ("Cut-off", payment.cutoff_at, payment.cutoff_at),
        ("Same day", True, payment.same_day),
        ("Value day", payment.value_on, payment.value_on),
        ("Settled", payment.settled_at, payment.settled_at),
        ("On the bank's statement", payment.reconciled_on, payment.reconciled_on),
    ]
    who = furniture.people(text for text in (payment.created_by, payment.released_by, payment.approved_by) if text)
    if payment.status == PaymentStatus.DISPUTED and (dispute := selectors.dispute_of(payment)) is not None:
        optional += [
            ("Dispute", cells.link(dispute, dispute.get_state_display()), True),
            ("Evidence until", dispute.due_at, True),
        ]
    optional.append(("Released by", who.get(payment.released_by), payment.released_by))
    optional.append(("Approved by", who.get(payment.approved_by), payment.approved_by))
    return [
        ("State", cells.choice(payment, "status", PaymentStatus)),
        ("Since", payment.updated_at),
        *panels.known(optional),
        ("Asked for by", who[payment.created_by]),
        ("Created", payment.created_at),
    ]


def outside(payment: Payment) -> list[tuple[str, Any]]:
    """What the bank or provider knows of it: names and moments, never what was written to them."""
    batch = payment.batch
    payer = authorisations.of(payment)
    optional = [
        ("The payer, at their bank", cells.choice(payer, "status", AuthorisationStatus) if payer else "", payer),
        ("Authorised", payer.authorised_at if payer else "", payer and payer.authorised_at),
        ("Provider", payment.provider, payment.provider),
        ("Its reference", cells.code(payment.provider_reference), payment.provider_reference),
        ("Batch", cells.link(batch) if batch else "", batch),
        ("File", batch.file_name if batch else "", batch and batch.file_name),
        ("Number in the file", cells.code(payment.trace), payment.trace),
        ("Delivered", batch.delivered_at if batch else "", batch and batch.delivered_at),
        ("Asked so far", payment.asked, payment.asked),
        ("Asked next", payment.ask_at, payment.ask_at),
    ]
    return panels.known(optional) or [("Sent", "not yet")]


def timeline(payment: Payment) -> list[tuple]:
    """Every move, the newest first, with the journal that it posted."""
    moves = list(payment.moves.order_by("-ordinal"))
    who = furniture.people(move.actor for move in moves)
    kinds = dict(Journal.objects.filter(cause=payment.public_id).values_list("pk", "kind"))
    rows = []
    for move in moves:
        code = "" if move.came_from == move.went_to else move.reason_code
        said = [text for text in (code, move.reason) if text]
        if move.details.get("in_suspense"):
            said.append("the money went to suspense: no wallet took it")
        if "assigned_to" in move.details:
            figure = furniture.plain(Decimal(move.details["amount"]), move.details["currency"])
            said.append(f"{figure} out of suspense to {move.details['assigned_to']}")
        if "owed" in move.details:
            said.append(f"the customer owes {furniture.plain(Decimal(move.details['owed']), payment.currency)} of it")
        label = recipes.label(kinds[move.journal_id]) if move.journal_id in kinds else ""
        rows.append(
            (
                move.at,
                step(move),
                who[move.actor],
                " · ".join(said) or cells.DASH,
                furniture.link(Journal, move.journal_id, label),
            )
        )
    return rows


def step(move: Move) -> Any:
    """Where it led to; money that lay in suspense is assigned without another state."""
    if move.came_from == move.went_to:
        return cells.badge("Assigned", "info")
    return cells.badge(PaymentStatus(move.went_to).label, PaymentStatus(move.went_to).tone)


def messages_of(payment: Payment) -> list[tuple]:
    """What its provider told of it: what and when; the body is on the message's own page, masked."""
    found = selectors.messages_about(payment)[: furniture.SHOWN]
    return [(one.received_at, cells.link(one, one.kind), cells.choice(one, "status", InboundStatus)) for one in found]


def verdict(payment: Payment) -> list[tuple[str, Any]]:
    """What the deciders thought of it."""
    found = Verdict.objects.filter(pk=payment.verdict_id).first() if payment.verdict_id else None
    if found is None:
        is_early = payment.status == PaymentStatus.CREATED
        return [("Verdict", "not asked yet" if is_early else "nobody was asked: the money came by itself")]
    said = " ".join(reason["text"] for reason in found.reasons)
    return [
        ("Verdict", cells.link(found)),
        ("Outcome", cells.badge(Outcome(found.outcome).label, Outcome(found.outcome).tone)),
        ("Why", said or "Nobody had anything against it."),
        ("When", found.at),
    ]


def refunds(payment: Payment) -> list[tuple]:
    """What gives it back."""
    return [
        (
            one.created_at,
            cells.link(one),
            cells.choice(one, "status", PaymentStatus),
            furniture.figure(one.amount, one.currency),
        )
        for one in selectors.refunds_of(payment).order_by("-pk")[: furniture.SHOWN]
    ]


def suspense_of(payment: Payment) -> list[tuple]:
    """What of its money lies, or lay, in suspense."""
    return [
        (
            one.created_at,
            cells.link(one, one.get_cause_display()),
            cells.choice(one, "state", SuspenseState),
            one.ended_at,
            furniture.figure(one.amount, one.currency),
        )
        for one in payment.suspense_items.order_by("-pk")[: furniture.SHOWN]
    ]


def _account_label(account: ExternalAccount) -> str:
    return f"{account.get_kind_display()} {masked_number(account)}"


def payments_of(column: str) -> Callable[[Model], list[tuple]]:
    """The latest payments of a row of another kind: those whose ``column`` is its key."""

    def rows(owner: Model) -> list[tuple]:
        found = Payment.objects.filter(**{column: owner.pk}).order_by("-pk")[: furniture.SHOWN]
        return [
            (
                cells.link(one),
                one.get_kind_display(),
                one.get_rail_display(),
                cells.choice(one, "status", PaymentStatus),
                one.created_at,
                furniture.figure(one.amount if one.direction == Direction.IN else -one.amount, one.currency),
            )
            for one in found
        ]

    return rows
