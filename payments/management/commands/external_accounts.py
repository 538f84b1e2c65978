"""external_accounts: accounts outside, their mandates and consents, as on their pages, from the command line."""

from collections.abc import Iterable
from typing import Any

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from payments.choices import ExternalAccountStatus
from payments.models import BankLink, Consent, ExternalAccount, Mandate
from payments.policies import mandates as mandate_policies
from payments.selectors.external_accounts import masked_number
from payments.services import bank_links, consents, external_accounts, mandates, verifications

BLOCK, VERIFY = "payments.block_external_account", "payments.request_account_verification"


def _account(name: str, service: Any, text: str, permission: str = BLOCK) -> Deed:
    return Deed(
        name=name,
        model=ExternalAccount,
        permission=permission,
        service=service,
        subject="external_account_id",
        reason=REQUIRED,
        help=text,
    )


def _mandate(name: str, service: Any, policy: Any, text: str) -> Deed:
    return Deed(
        name=f"{name}-mandate", model=Mandate, permission=BLOCK, service=service, policy=policy, reason=REQUIRED, help=text
    )


class Command(DeedCommand):
    help = (
        "List external accounts, block, unblock and close them, ask for one to be taken as verified (another person approves); suspend, "
        "resume and revoke mandates; revoke consents and end links at customers' banks."
    )
    shows = ExternalAccount
    list_options = (
        option("--status", choices=ExternalAccountStatus.values, type=str.upper),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _account("block", external_accounts.block, "nothing is paid to it or collected from it"),
        _account("unblock", external_accounts.unblock, "lift a block"),
        _account("close", external_accounts.close, "for good"),
        _account("request-verification", verifications.request_manual, "ask for it to be taken as verified", VERIFY),
        _mandate("suspend", mandates.suspend, mandate_policies.check_can_suspend, "collect nothing for now"),
        _mandate("resume", mandates.resume, mandate_policies.check_can_resume, "collect again"),
        _mandate("revoke", mandates.revoke, mandate_policies.check_is_open, "for good"),
        Deed(
            name="revoke-consent",
            model=Consent,
            permission=BLOCK,
            service=consents.revoke,
            reason=REQUIRED,
            help="the bank is not asked any more",
        ),
        Deed(
            name="end-bank-link",
            model=BankLink,
            permission=BLOCK,
            service=bank_links.end,
            subject="bank_link_id",
            reason=REQUIRED,
            help="nothing more is read at the customer's bank",
        ),
    )

    def listed(self, *, status: str | None, limit: int) -> Iterable[str]:
        """The newest first; numbers masked."""
        rows = ExternalAccount.objects.select_related("partner").order_by("-pk")
        for row in (rows.filter(status=status) if status else rows)[:limit]:
            yield line(
                row.public_id,
                row.get_kind_display(),
                masked_number(row),
                row.get_status_display().lower(),
                row.get_verification_display().lower(),
                row.block_reason,
                row.partner,
            )

    def described(self, row: ExternalAccount) -> Iterable[tuple[str, Any]]:
        """Without what is personal; with its mandates."""
        yield from (
            ("Account", row.public_id),
            ("Kind", row.get_kind_display()),
            ("Number", masked_number(row)),
            ("Partner", row.partner),
            ("State", row.get_status_display()),
            ("Verification", row.get_verification_display()),
            ("Blocked by", f"{row.get_block_origin_display()}: {row.block_reason}" if row.block_reason else ""),
            ("Last returned with", row.last_return_code),
        )
        for mandate in row.mandates.order_by("-id"):
            yield "Mandate", line(mandate.public_id, mandate.reference, mandate.get_status_display().lower())
