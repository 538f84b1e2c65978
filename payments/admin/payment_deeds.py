"""What a person may do with a payment: decide it, book what the bank says by word of mouth, ask the provider, cancel it."""

from typing import Any

from django import forms

from flowlet.backoffice import Transition, TransitionForm
from payments.models import Payment
from payments.policies import payments as policies
from payments.selectors import return_codes
from payments.services import outcomes, payments, sending

DECIDE, CANCEL, BOOK = "payments.decide_payment", "payments.cancel_payment", "payments.book_outcome"
CHOOSE = ("", "Choose")


class ReturnForm(TransitionForm):
    """With which code of the rail it came back."""

    reason_code = forms.ChoiceField(label="Return code", choices=())
    reason = forms.CharField(label="What the bank says", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].choices = [
            CHOOSE,
            *return_codes.offered(self.subject.rail, self.subject.direction),
        ]


class DisputeForm(forms.Form):
    """What the cardholder says."""

    reason_code = forms.ChoiceField(label="Reason", choices=[CHOOSE, *return_codes.disputes()])
    reason = forms.CharField(label="Details", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class FailureForm(forms.Form):
    """Why it did not happen."""

    reason_code = forms.ChoiceField(label="What happened", choices=[CHOOSE, *return_codes.FAILURES])


class RemarkForm(forms.Form):
    """A reason that may be left out."""

    reason = forms.CharField(label="Remark", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


def _answer(payment: Payment) -> str:
    return f"The provider was asked: {payment.get_status_display().lower()}."


TRANSITIONS = (
    Transition(
        name="release",
        label="Release",
        key="r",
        style="primary",
        permission=DECIDE,
        service=payments.release,
        policy=policies.check_can_release,
        reason_required=True,
        confirm="It goes on when another person approves it.",
    ),
    Transition(
        name="approve",
        label="Approve",
        key="a",
        style="primary",
        permission=DECIDE,
        form=RemarkForm,
        service=payments.approve,
        policy=policies.check_can_approve,
        confirm="You are the second person. The money is held at once and leaves with the next run.",
    ),
    Transition(
        name="reject",
        label="Reject",
        key="x",
        style="danger",
        permission=DECIDE,
        service=payments.reject,
        policy=policies.check_can_reject,
        reason_required=True,
        confirm="For good. The partner is told.",
    ),
    Transition(
        name="settle",
        label="Book as settled",
        key="s",
        style="primary",
        permission=BOOK,
        service=outcomes.settle,
        policy=policies.check_can_book_settled,
        reason_required=True,
        confirm="Book that the money has arrived. Say how you know.",
    ),
    Transition(
        name="fail",
        label="Book as failed",
        key="f",
        style="danger",
        permission=BOOK,
        form=FailureForm,
        service=outcomes.fail,
        policy=policies.check_can_book_failed,
        reason_required=True,
        confirm="Book that it will never happen: what the wallet gave is back, its fee included. Be certain; the money could go twice.",
    ),
    Transition(
        name="return",
        label="Book as returned",
        key="b",
        style="danger",
        permission=BOOK,
        form=ReturnForm,
        service=outcomes.return_,
        policy=policies.check_can_book_returned,
        confirm="Book that the bank sent it back, or took it back.",
    ),
    Transition(
        name="redeem",
        label="Return taken back",
        key="m",
        permission=BOOK,
        service=outcomes.redeem,
        policy=policies.check_can_redeem,
        reason_required=True,
        confirm="The return was dishonored, or contested and won: the money moves as if it had not been returned.",
    ),
    Transition(
        name="dispute",
        label="Book as disputed",
        key="d",
        style="danger",
        permission=BOOK,
        form=DisputeForm,
        service=outcomes.dispute,
        policy=policies.check_can_dispute,
        confirm="The acquirer takes the money back at once; what the wallet cannot carry is owed by its customer.",
    ),
    Transition(
        name="dispute_won",
        label="Dispute won",
        key="w",
        style="primary",
        permission=BOOK,
        service=outcomes.dispute_won,
        policy=policies.check_is_disputed,
        reason_required=True,
    ),
    Transition(
        name="dispute_lost",
        label="Dispute lost",
        key="l",
        style="danger",
        permission=BOOK,
        service=outcomes.dispute_lost,
        policy=policies.check_is_disputed,
        reason_required=True,
    ),
    Transition(
        name="ask",
        label="Ask the provider",
        key="q",
        permission=BOOK,
        service=sending.ask_again,
        policy=policies.check_can_ask,
        is_atomic=False,
        confirm="Under the same reference, so that nothing is paid twice.",
        done=_answer,
    ),
    Transition(
        name="cancel",
        label="Cancel payment",
        key="c",
        permission=CANCEL,
        service=payments.cancel,
        policy=policies.check_can_cancel,
        reason_required=True,
        confirm="What was held is free again. The partner is told.",
    ),
)
