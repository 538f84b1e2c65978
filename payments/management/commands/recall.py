"""recall: ask for a payment back, answer who asks us, send a wire back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError
from payments.choices import RecallReason, RecallState
from payments.models import Payment, Recall
from payments.policies.recalls import REFUSALS, RETURN_REASONS
from payments.services import recalls

RIGHT = "payments.book_outcome"


class Command(BaseCommand):
    help = (
        "Money that is to go back. list: what waits for our answer. request: ask for a SEPA credit transfer or wire that has left. "
        "accept, refuse: answer a bank that asks for a deposit; accepted, the deposit is returned. send-back: return a wire to us of "
        "our own accord. Messages are delivered by the worker, every five minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("list")
        for name, what, codes in (
            ("request", "PAYMENT", RecallReason.values),
            ("accept", "RECALL", ()),
            ("refuse", "RECALL", sorted(REFUSALS)),
            ("send-back", "PAYMENT", sorted(RETURN_REASONS)),
        ):
            deed = deeds.add_parser(name)
            deed.add_argument("id", metavar=what)
            if codes:
                deed.add_argument("--code", choices=codes, required=True, help="why, in ISO 20022's word")
            deed.add_argument("--note", default="", help="for the other bank, in plain Latin letters, at most 105")
            deed.add_argument("--by", required=True, metavar="EMAIL", help="who decides; needs the right to book outcomes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None

    def _do(self, options: dict[str, Any]) -> None:
        if options["deed"] == "list":
            rows = list(Recall.objects.filter(state=RecallState.RECEIVED).select_related("payment").order_by("due_on", "id"))
            for row in rows:
                self._say(row)
            if not rows:
                self.stdout.write("Nothing waits for our answer.")
            return
        user = User.objects.filter(email__iexact=options["by"], is_staff=True, is_active=True).first()
        if user is None or not user.has_perm(RIGHT):
            raise CommandError(f"{options['by']} is no active member of staff with the right to book outcomes.")
        actor = Actor(kind=ActorKind.STAFF, id=user.public_id, label="command")
        who: dict[str, Any] = {"actor": actor, "at": clock.now(), "note": options["note"]}
        if options["deed"] == "request":
            self._say(recalls.request(payment_id=Payment.key(options["id"]), reason=options["code"], **who))
        elif options["deed"] == "accept":
            self._say(recalls.accept(recall_id=Recall.key(options["id"]), **who))
        elif options["deed"] == "refuse":
            self._say(recalls.refuse(recall_id=Recall.key(options["id"]), code=options["code"], **who))
        else:
            self._say(recalls.send_back(payment_id=Payment.key(options["id"]), code=options["code"], **who))

    def _say(self, row: Recall) -> None:
        figure = f"{row.amount.normalize():f} {row.currency}"
        self.stdout.write(f"{row.public_id}  {row.payment.public_id}  {figure}  {row.reason_code}  {row.state}  due {row.due_on}")
