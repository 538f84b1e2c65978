"""The forms of requests and answers about the books."""

from datetime import date
from typing import Any

from rest_framework import serializers

from flowlet.api.fields import CurrencyField, MetadataField, MomentField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import DayRange, Filters, PageFilters, StrictSerializer
from ledger.choices import AccountMode, AccountStatus, AccountType, BreakState, BreakType, ItemSide, Side
from ledger.selectors.reports import RowKind

EARLIEST, LATEST = date(1900, 1, 1), date(9999, 12, 30)
KIND = r"^[a-z][a-z0-9_.]{0,39}$"
FORMATS = ("json", "csv", "xlsx")


class DayField(serializers.DateField):
    """A day from 1900 on, ISO 8601."""

    default_error_messages = {"overflow": "Use a day from 1900-01-01 to 9999-12-30."}

    def to_internal_value(self, value: Any) -> date:
        """The day."""
        found = super().to_internal_value(value)
        if not EARLIEST <= found <= LATEST:
            self.fail("overflow")
        return found


class _Recorded(Filters):
    recorded_as_of = MomentField(
        required=False, help_text="Answer as the books stood at this moment, leaving out what was recorded later"
    )


class _Format(Filters):
    format = serializers.ChoiceField(FORMATS, required=False, help_text="Instead of the `Accept` header")


class _Span(Filters):
    """``from`` is a word of Python, so the field is added by name."""

    to = DayField(required=False, help_text="The last day, included (default: today in the book's time zone)")

    def get_fields(self) -> dict[str, serializers.Field]:
        """With ``from``."""
        fields = super().get_fields()
        fields["from"] = DayField(required=False, help_text="The first day, included (default: the first of that month)")
        return fields


class _Leg(StrictSerializer):
    account_id = PublicIdField("acc")
    side = serializers.ChoiceField(Side.choices)
    amount = MoneySerializerField()


class LegIn(_Leg):
    """A leg: a positive amount on one side of an account, in the account's currency."""


class LegOut(_Leg):
    """A leg."""


class JournalIn(StrictSerializer):
    """A journal: two legs or more that balance in every currency."""

    kind = serializers.RegexField(KIND, help_text="Your own word for what it is, such as `supplier_invoice`")
    legs = LegIn(many=True, min_length=2, max_length=500)
    effective_on = DayField(required=False, allow_null=True, help_text="The day it counts for (default: today)")
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    external_id = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default="", help_text="Your own id; unique in the book"
    )
    metadata = MetadataField(required=False)


class NewJournal(JournalIn):
    """A journal, or a question whether it could be posted."""

    dry_run = serializers.BooleanField(default=False, help_text="Check everything, keep nothing")


class BatchIn(StrictSerializer):
    """Up to 1,000 journals."""

    journals = JournalIn(many=True, min_length=1, max_length=1000)
    atomic = serializers.BooleanField(default=True, help_text="All or nothing; otherwise each on its own, with a result each")
    dry_run = serializers.BooleanField(default=False, help_text="Check everything, keep nothing")


class ReversalIn(StrictSerializer):
    """Why a journal is reversed, and for which day."""

    reason = serializers.CharField(max_length=500)
    effective_on = DayField(
        required=False, allow_null=True, help_text="Default: the original's day, or today when that day is closed"
    )


class JournalOut(StrictSerializer):
    """A journal as it stands in the books, for good."""

    id = PublicIdField("jrn")
    kind = serializers.CharField()
    effective_on = serializers.DateField()
    posted_at = MomentField()
    description = serializers.CharField(allow_blank=True, help_text="Of your own journals, and of the platform's adjustments")
    external_id = serializers.CharField(allow_null=True)
    cause = serializers.CharField(allow_null=True, help_text="The id of what brought it about, such as a transfer")
    reverses = PublicIdField("jrn", allow_null=True)
    reversed_by = PublicIdField("jrn", allow_null=True)
    metadata = MetadataField()
    legs = LegOut(many=True)


class BalanceAfterOut(StrictSerializer):
    """An account's balance after a posting, in its normal direction."""

    account_id = PublicIdField("acc")
    posted = MoneySerializerField(positive=False)
    held = MoneySerializerField(positive=False)
    available = MoneySerializerField(positive=False)


class JournalPostedOut(StrictSerializer):
    """What was posted, with the balances of the accounts that keep one under lock. After a dry run ``id`` is null."""

    id = PublicIdField("jrn", allow_null=True)
    is_dry_run = serializers.BooleanField()
    effective_on = serializers.DateField()
    posted_at = MomentField(allow_null=True)
    balances = BalanceAfterOut(many=True)


class RefusalOut(StrictSerializer):
    """Why an item was refused, as in a problem document."""

    code = serializers.CharField()
    detail = serializers.CharField()
    param = serializers.CharField(allow_blank=True)


class BatchItemOut(StrictSerializer):
    """One item of a batch: ``journal_id`` when it was posted, ``refusal`` when not; neither after a dry run that found nothing."""

    journal_id = PublicIdField("jrn", allow_null=True)
    refusal = RefusalOut(allow_null=True)


class BatchOut(StrictSerializer):
    """What became of a batch; ``results`` are in the order of the request."""

    is_dry_run = serializers.BooleanField()
    accepted = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = BatchItemOut(many=True)


class JournalFilters(PageFilters):
    """Which journals."""

    kind = serializers.CharField(max_length=40, required=False)
    cause = serializers.CharField(max_length=60, required=False, help_text="The id of what brought it about")
    external_id = serializers.CharField(max_length=120, required=False)
    effective_on = DayRange(required=False)
    metadata = MetadataField(required=False)


class AccountOut(StrictSerializer):
    """An account of the book."""

    id = PublicIdField("acc")
    code = serializers.CharField()
    name = serializers.CharField()
    line = serializers.CharField(help_text="The code of its line in the chart")
    type = serializers.ChoiceField(AccountType.choices)
    normal_side = serializers.ChoiceField(Side.choices, help_text="The side on which its balance grows")
    currency = CurrencyField()
    mode = serializers.ChoiceField(AccountMode.choices)
    status = serializers.ChoiceField(AccountStatus.choices)
    floor = MoneySerializerField(positive=False, allow_null=True)
    owner = serializers.CharField(allow_null=True, help_text="The id of the wallet or product it belongs to")
    metadata = MetadataField()
    created_at = MomentField()


class AccountFilters(PageFilters):
    """Which accounts."""

    line = serializers.CharField(max_length=20, required=False)
    currency = CurrencyField(required=False)
    code = serializers.CharField(max_length=64, required=False)
    owner = serializers.CharField(max_length=40, required=False)


class BalanceFilters(_Recorded):
    """Which balance."""

    as_of = DayField(required=False, help_text="The last day that counts (default: today)")


class BalanceOut(StrictSerializer):
    """An account's balance on a day, in its normal direction, and the totals it comes from."""

    account_id = PublicIdField("acc")
    as_of = serializers.DateField()
    recorded_as_of = MomentField(allow_null=True)
    balance = MoneySerializerField(positive=False)
    debits = MoneySerializerField(positive=False)
    credits = MoneySerializerField(positive=False)


class StatementFilters(_Span, _Recorded, _Format):
    """Which entries."""

    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100, help_text="JSON only; files hold every entry")
    starting_after = serializers.CharField(required=False, max_length=40, help_text="The `id` of the entry before the page")


class StatementEntryOut(StrictSerializer):
    """One entry, with the account's balance after it."""

    id = serializers.CharField()
    journal_id = PublicIdField("jrn")
    kind = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    effective_on = serializers.DateField()
    posted_at = MomentField()
    side = serializers.ChoiceField(Side.choices)
    amount = MoneySerializerField()
    balance = MoneySerializerField(positive=False)


class SectionOut(StrictSerializer):
    """One account between two days: opening + movements = closing."""

    account_id = PublicIdField("acc")
    code = serializers.CharField()
    name = serializers.CharField()
    opening = MoneySerializerField(positive=False)
    debits = MoneySerializerField(positive=False)
    credits = MoneySerializerField(positive=False)
    closing = MoneySerializerField(positive=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        """With the days."""
        fields = super().get_fields()
        return fields | {"from": serializers.DateField(), "to": serializers.DateField()}


class StatementOut(SectionOut):
    """An account statement; ``data`` are its entries, oldest first."""

    data = StatementEntryOut(many=True)
    has_more = serializers.BooleanField()


class LedgerAccountOut(SectionOut):
    """An account on a page: opening + debits and credits = closing over all the days, brought_forward + entries = carried_forward
    on the page, in its normal direction.
    """

    brought_forward = MoneySerializerField(positive=False)
    entries = StatementEntryOut(many=True)
    carried_forward = MoneySerializerField(positive=False)


class GeneralLedgerOut(StrictSerializer):
    """Accounts that moved or stand, with their entries, oldest first."""

    data = LedgerAccountOut(many=True)
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True, help_text="The `starting_after` of the next page")


class GeneralLedgerFilters(_Span, _Recorded, _Format):
    """Which accounts and days."""

    line = serializers.CharField(max_length=20, required=False, help_text="The code of a chart line")
    currency = CurrencyField(required=False)
    limit = serializers.IntegerField(
        min_value=1,
        max_value=500,
        default=100,
        help_text="How many entries; an account that did not move counts as one. JSON only; files hold everything",
    )
    starting_after = serializers.CharField(
        required=False, max_length=100, help_text="The `next_cursor` of the page before, or an `account_id` to go on after it"
    )


class _Translated(_Recorded, _Format):
    translate_to = CurrencyField(
        required=False,
        help_text="Add all currencies up in this one: balances at the rates of each column's last day, what was earned or flowed at"
        " the rates of its days (IAS 21 §39)",
    )


class BalanceSheetFilters(_Translated):
    """Which day, and which to compare it with."""

    as_of = DayField(required=False, help_text="The last day that counts (default: today)")
    compare = serializers.CharField(required=False, max_length=400, help_text="Further days, such as `2025-12-31,2024-12-31`")


class TrialBalanceFilters(BalanceSheetFilters):
    """Which day, or which days."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """With ``from``."""
        fields = super().get_fields()
        fields["from"] = DayField(required=False, help_text="Show opening, movements and closing from this day on")
        return fields


class SpanFilters(_Span, _Translated):
    """Which days, and which to compare them with."""

    compare = serializers.CharField(
        required=False, max_length=400, help_text="Further spans, such as `2025-01-01..2025-12-31,2024-01-01..2024-12-31`"
    )


class ReportColumnOut(StrictSerializer):
    """A column of figures."""

    key = serializers.CharField()
    label = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """With the days."""
        fields = super().get_fields()
        return fields | {"from": serializers.DateField(allow_null=True), "to": serializers.DateField()}


class ReportRowOut(StrictSerializer):
    """A row: a heading, a line of the chart, a sum, or what rounding left; one amount per column."""

    kind = serializers.ChoiceField([str(kind) for kind in RowKind])
    key = serializers.CharField()
    label = serializers.CharField()
    section = serializers.CharField(allow_blank=True)
    currency = CurrencyField()
    amounts = serializers.ListField(child=MoneySerializerField(positive=False, allow_null=True))


class ReportOut(StrictSerializer):
    """A report. ``foots`` says that every sum comes out."""

    report = serializers.CharField()
    book_id = PublicIdField("bok")
    title = serializers.CharField()
    translated_to = CurrencyField(allow_null=True)
    recorded_as_of = MomentField(allow_null=True)
    columns = ReportColumnOut(many=True)
    rows = ReportRowOut(many=True)
    foots = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())


class RateFilters(PageFilters):
    """Which rates."""

    base = CurrencyField(required=False)
    quote = CurrencyField(required=False)
    valid_on = DayRange(required=False)


class RateOut(StrictSerializer):
    """One unit of ``base`` was worth ``rate`` units of ``quote`` from ``valid_on`` on."""

    id = serializers.CharField()
    base = CurrencyField()
    quote = CurrencyField()
    valid_on = serializers.DateField()
    rate = serializers.CharField()
    source = serializers.CharField()


class RateOnFilters(Filters):
    """On which day."""

    on = DayField(required=False, help_text="Default: today (UTC)")


class RateOnOut(StrictSerializer):
    """The rate that counts on a day: the newest of the last seven days, direct, inverse, or through EUR or USD."""

    base = CurrencyField()
    quote = CurrencyField()
    on = serializers.DateField()
    rate = serializers.CharField()


class BankStatementFilters(PageFilters):
    """Which statements."""

    to = DayRange(required=False)


class _Days(StrictSerializer):
    """``from`` is a word of Python, so the field is added by name."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """With ``from``."""
        fields = super().get_fields()
        fields["from"] = serializers.DateField(help_text="The first day")
        return fields


class BankStatementOut(_Days):
    """What the bank says of one account for some days."""

    id = PublicIdField("bst")
    bank_account_id = PublicIdField("bac")
    format = serializers.CharField(help_text="`camt.053`, `camt.052`, `camt.054`, `MT940` or `CSV`")
    sequence = serializers.IntegerField(allow_null=True, help_text="The bank's number of it, where it counts")
    to = serializers.DateField(help_text="The last day")
    opening = MoneySerializerField(positive=False, allow_null=True)
    closing = MoneySerializerField(positive=False, allow_null=True)
    lines = serializers.IntegerField()
    recorded_at = MomentField()


class BreakFilters(PageFilters):
    """Which breaks."""

    status = serializers.ChoiceField(BreakState.choices, required=False)


class BreakOut(StrictSerializer):
    """A line of the bank's that the books do not have, or an entry of yours that the bank does not show."""

    id = PublicIdField("brk")
    bank_account_id = PublicIdField("bac")
    type = serializers.ChoiceField(BreakType.choices)
    side = serializers.ChoiceField(ItemSide.choices)
    amount = MoneySerializerField(positive=False)
    dated_on = serializers.DateField()
    reference = serializers.CharField(allow_null=True)
    journal_id = PublicIdField("jrn", allow_null=True)
    status = serializers.ChoiceField(BreakState.choices)
    resolution = serializers.CharField(allow_null=True, help_text="How it ended, such as `MATCHED` or `WRITTEN_OFF`")
    due_on = serializers.DateField()
    opened_at = MomentField()
    closed_at = MomentField(allow_null=True)
