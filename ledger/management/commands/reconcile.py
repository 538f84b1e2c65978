"""Match bank statements with the books and say what is left."""

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import to_text
from ledger.choices import MatchState
from ledger.models import BankAccount, Match, ReconciliationItem
from ledger.selectors import reconciliation as questions
from ledger.services import reconciliation

STEPS = 5


class Command(ActingCommand):
    permission = "ledger.reconcile"
    help = (
        "Reconcile bank accounts with their statements. May be repeated. With --open, the items and suggestions of the workbench. "
        "With --proof, exit code 1 while the day is not proven."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", default="", help="code of one bank account (default: all)")
        parser.add_argument(
            "--proof", type=arguments.day, metavar="DAY", help="YYYY-MM-DD: say what this day proves, and what is missing"
        )
        parser.add_argument("--only-proof", action="store_true", help="match nothing, only answer --proof")
        parser.add_argument(
            "--open", action="store_true", help="then tell what is open, by number, and each suggestion with its reason"
        )
        parser.add_argument("--json", action="store_true")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, accounts = self.actor(options), BankAccount.objects.order_by("code")
        if options["account"]:
            accounts = accounts.filter(code=options["account"])
            if not accounts:
                raise CommandError(f"There is no bank account {options['account']!r}.")
        if options["only_proof"] and not options["proof"]:
            raise CommandError("--only-proof goes with --proof.")
        told, is_proven = [], True
        for account in accounts:
            answer: dict[str, Any] = {"account": account.code}
            if not options["only_proof"]:
                answer |= self._run(account, actor)
            if options["open"]:
                answer["open"] = [
                    _item(row, account.currency) for row in questions.open_items(bank_account=account).order_by("id")
                ]
                answer["suggestions"] = [
                    {"match": row.public_id, "reason": row.reason, "items": sorted(row.items.values_list("pk", flat=True))}
                    for row in Match.objects.filter(bank_account=account, state=MatchState.SUGGESTED).order_by("id")
                ]
            if options["proof"]:
                proof = questions.proof(bank_account=account, on=options["proof"])
                is_proven &= proof.is_proven
                answer["proof"] = _shown(proof)
            told.append(answer)
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self._say(told)
        if not is_proven:
            sys.exit(1)

    def _run(self, account: BankAccount, actor: Actor) -> dict[str, Any]:
        with tqdm(total=STEPS, desc=f"Reconciling {account.code}", disable=None) as bar:

            def progress(step: str, count: int) -> None:
                bar.set_postfix_str(f"{count} {step}")
                bar.update()

            try:
                result = reconciliation.run(bank_account_id=account.pk, actor=actor, at=clock.now(), progress=progress)
            except DomainError as refusal:
                raise CommandError(f"{account.code}: {refusal.message} ({refusal.code})") from None
        return {
            "taken_in": result.taken_in,
            "matched": result.matched,
            "suggested": result.suggested,
            "breaks_opened": result.opened,
            "breaks_closed": result.closed,
            "left": result.states,
        }

    def _say(self, told: list[dict[str, Any]]) -> None:
        for answer in told:
            if "matched" in answer:
                found = ", ".join(f"{count} by {name.lower()}" for name, count in answer["matched"].items()) or "nothing new"
                left = ", ".join(f"{count} {state.lower()}" for state, count in answer["left"].items()) or "nothing"
                self.stdout.write(f"{answer['account']}: {answer['taken_in']} entries taken in; matched {found}; left {left}.")
            for item in answer.get("open", ()):
                self.stdout.write(
                    f"  item {item['item']}  {item['side']:6}  {item['day']}  {item['amount']:>14}  {item['state']}  {item['reference']}"
                )
            for found in answer.get("suggestions", ()):
                self.stdout.write(f"  {found['match']}  items {', '.join(map(str, found['items']))}: {found['reason']}")
            if "proof" in answer:
                proof = answer["proof"]
                self.stdout.write(
                    f"{answer['account']} on {proof['on']}: bank {proof['bank']}, books {proof['books']}, "
                    + ("proven." if proof["proven"] else "not proven:")
                )
                for missing in proof["missing"]:
                    self.stdout.write(f"  {missing}")
        if not told:
            self.stdout.write("No bank account is declared; see the command bank_account.")


def _item(row: ReconciliationItem, currency: str) -> dict[str, Any]:
    return {
        "item": row.pk,
        "side": row.side.lower(),
        "day": str(row.dated_on),
        "amount": to_text(row.amount, currency),
        "state": row.get_state_display().lower(),
        "reference": row.reference,
    }


def _shown(proof: questions.Proof) -> dict[str, Any]:
    currency = proof.bank_account.currency
    return {
        "on": str(proof.on),
        "bank": None if proof.bank_balance is None else to_text(proof.bank_balance, currency),
        "books": to_text(proof.books_balance, currency),
        "open_at_bank": to_text(proof.open_theirs, currency),
        "open_in_books": to_text(proof.open_ours, currency),
        "breaks_open": proof.breaks_open,
        "breaks_without_owner": proof.breaks_without_owner,
        "proven": proof.is_proven,
        "missing": list(proof.missing),
    }
