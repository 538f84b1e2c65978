"""What rules of monitoring can speak of: one activity of a customer, and what a day's run measured around one customer.

``compliance.activity`` serves the day's run and, before money leaves, the verdict port: there the payment that is asked about is no row
yet, so that windows count those before it. ``compliance.customer_day`` holds what no condition can say: fans, rings, what passes through.
"""

from collections.abc import Callable, Iterable

from compliance.providers.country_lists import Level, shipped
from compliance.selectors import round_amounts
from flowlet.core import clock
from flowlet.rules import queries, registry
from flowlet.rules.kinds import Kind
from flowlet.rules.vocabulary import Fact, NamedList, Source, Vocabulary

ACTIVITY, CUSTOMER_DAY = "compliance.activity", "compliance.customer_day"
USD = "USD"

_CUSTOMER = (
    Fact("opened", Kind.MOMENT, label="When the customer was taken on", sql="c.created_at"),
    Fact("tier", Kind.TEXT, label="Tier of the customer", sql="c.kyc_tier"),
    Fact("customer_kind", Kind.TEXT, label="Person or business", sql="c.kind"),
    Fact("residence", Kind.TEXT, label="Country of the customer", sql="c.country"),
    Fact("expected_monthly", Kind.MONEY, label="Declared monthly volume", unit=USD, sql=("p.expected_monthly", "'USD'")),
    Fact("segment", Kind.TEXT, label="Segment", sql="NULLIF(p.segment, '')"),
    Fact("is_pep", Kind.BOOLEAN, label="Politically exposed", sql="coalesce(r.is_exposed, FALSE)"),
    Fact("is_high_risk", Kind.BOOLEAN, label="Rated as high risk", sql="coalesce(r.band IN ('HIGH', 'PROHIBITED'), FALSE)"),
)


def _movement(alias: str) -> tuple[Fact, ...]:
    """What is known of one activity, of the one that is judged as of those in a window."""
    text = Kind.TEXT
    return (
        Fact("direction", text, label="Direction", sql=f"{alias}.direction"),
        Fact("kind", text, label="Kind", sql=f"{alias}.kind"),
        Fact("rail", text, label="Rail", sql=f"{alias}.rail"),
        Fact("amount", Kind.MONEY, label="Amount", sql=(f"{alias}.amount", f"{alias}.currency")),
        Fact("worth", Kind.MONEY, label="Worth", unit=USD, sql=(f"{alias}.worth", "'USD'")),
        Fact("counterparty", text, label="Other side", sql=f"{alias}.counterparty::text"),
        Fact("country", text, label="Country of the other side", sql=f"NULLIF({alias}.country, '')"),
        Fact("ip_country", text, label="Country of the internet address", sql=f"NULLIF({alias}.ip_country, '')"),
        Fact("location", text, label="Place", sql=f"NULLIF({alias}.location, '')"),
        Fact("is_cash", Kind.BOOLEAN, label="Cash or as good as cash", sql=f"{alias}.is_cash"),
        Fact("is_own", Kind.BOOLEAN, label="The customer's own money", sql=f"{alias}.is_own"),
        Fact("is_new_counterparty", Kind.BOOLEAN, label="First with this other side", sql=f"{alias}.is_new_counterparty"),
        Fact("names_parties", Kind.BOOLEAN, label="Name and account of the other side known", sql=f"{alias}.names_parties"),
        Fact("previous", Kind.MOMENT, label="Activity before it", sql=f"{alias}.previous_at"),
        Fact("is_round", Kind.BOOLEAN, label="A round amount", sql=round_amounts.sql(alias)),
    )


def _source(name: str, label: str, same: str) -> Source:
    return Source(
        name,
        label=label,
        relation="compliance_activity AS s",
        same=same,
        happened="s.happened_at",
        fields=_movement("s"),
        live=queries.live,
    )


_OF_CUSTOMER = _source("customer.activity", "Activities of the customer", "s.customer_id = {customer}")


def _listed(least: Level) -> Callable[[], frozenset[str]]:
    """The countries that count so today by the lists that are shipped, the last known state of each."""

    def values() -> frozenset[str]:
        today = clock.now().date()
        return frozenset(one.country for one in shipped().listings if one.level >= least and one.holds(today))

    return values


_LISTS = (
    NamedList("countries.call_for_action", label="FATF's call for action", values=_listed(Level.CALL_FOR_ACTION)),
    NamedList("countries.high_risk", label="lists of high-risk countries", values=_listed(Level.HIGH)),
)

# What a day's run measures, by measure; see compliance.selectors.patterns.
Figure = tuple[str, Kind, str, str]
MONEY, COUNT, SHARE = Kind.MONEY, Kind.INTEGER, Kind.DECIMAL
FIGURES: dict[str, tuple[Figure, ...]] = {
    "cash": (
        ("cash_in", MONEY, "Cash in on the business day", USD),
        ("cash_out", MONEY, "Cash out on the business day", USD),
    ),
    "linked_cash": (
        ("linked_customers", COUNT, "Linked customers with cash credits of 8,000 to 10,000 in 3 days", ""),
        ("linked_cash_count", COUNT, "Cash credits of 8,000 to 10,000 of linked customers in 3 days", ""),
        ("linked_cash_sum", MONEY, "Sum of the cash credits of linked customers", USD),
    ),
    "small": (
        ("small_credits", COUNT, "Credits of 500 to 1,000 in 7 days", ""),
        ("under_3000_credits", COUNT, "Credits under 3,000 in 7 days", ""),
        ("small_moved_percent", SHARE, "Share of credits under 3,000 that went on within 48 hours", "%"),
    ),
    "fan_in": (
        ("fan_in", COUNT, "Senders of amounts within 10 % of each other in 7 days", ""),
        ("fan_in_sum", MONEY, "What senders of like amounts sent", USD),
        ("fan_in_new", COUNT, "Senders of like amounts who sent for the first time", ""),
        ("usual_senders", COUNT, "Senders in the 4 weeks before, a week", ""),
    ),
    "gather_scatter": (
        ("gathered_from", COUNT, "Senders in 10 days", ""),
        ("gathered_sum", MONEY, "What was gathered in 10 days", USD),
        ("scattered_to", COUNT, "Receivers in 10 days who were paid for the first time", ""),
        ("scattered_sum", MONEY, "What was scattered in 10 days", USD),
    ),
    "go_betweens": (
        ("go_betweens", COUNT, "Senders in 10 days whom one party had paid", ""),
        ("go_betweens_sum", MONEY, "What the senders whom one party had paid sent on", USD),
    ),
    "passed": (
        ("passed_credits", MONEY, "Credits of 3,000 or more in 24 hours", USD),
        ("passed_percent", SHARE, "Share of credits of 3,000 or more that left within 24 hours", "%"),
        (
            "kept_percent",
            SHARE,
            "Lowest balance after money left within 24 hours, as a share of the credits of 3,000 or more",
            "%",
        ),
        ("passed_credits_72", MONEY, "Credits of 3,000 or more in 72 hours", USD),
        ("passed_percent_72", SHARE, "Share of credits of 3,000 or more that left within 72 hours", "%"),
        (
            "kept_percent_72",
            SHARE,
            "Lowest balance after money left within 72 hours, as a share of the credits of 3,000 or more",
            "%",
        ),
    ),
    "senders": (("senders", COUNT, "Unrelated senders in 30 days", ""),),
    "ring": (
        ("ring_hops", COUNT, "Legs of a ring of payments in 30 days", ""),
        ("ring_percent", SHARE, "Smallest leg of the ring against its largest", "%"),
        ("ring_sum", MONEY, "What went round in the ring", USD),
    ),
    "sharing": (
        (
            "sharing_customers",
            COUNT,
            "Customers who share a device, phone number, e-mail address, postal address or bank account",
            "",
        ),
    ),
    "funnel": (
        ("cash_locations", COUNT, "Places of cash credits in 7 days", ""),
        ("cash_located_sum", MONEY, "What was paid in at these places", USD),
        ("elsewhere_percent", SHARE, "Share of what was paid in that left at one other place", "%"),
    ),
    "spike": (
        ("week_sum", MONEY, "Volume of 7 days", USD),
        ("usual_week", MONEY, "Average volume of 7 days in the 12 weeks before", USD),
        ("deviations", SHARE, "Standard deviations above the average week", ""),
        ("weeks_active", COUNT, "Weeks with activity among the 12 before", ""),
    ),
    "peers": (
        ("month_sum", MONEY, "Volume of 30 days", USD),
        ("peer_percent", SHARE, "Share of the segment with less volume", "%"),
        ("peer_median", MONEY, "Median volume of the segment", USD),
        ("peers", COUNT, "Customers of the segment with activity", ""),
    ),
}
MEASURE_OF = {figure[0]: measure for measure, figures in FIGURES.items() for figure in figures}


def _figures() -> Iterable[Fact]:
    for name, kind, label, unit in (figure for figures in FIGURES.values() for figure in figures):
        sql = f"d.figures->>'{name}'"
        yield Fact(name, kind, label=label, unit=unit, sql=(f"({sql})::numeric", "'USD'") if kind == Kind.MONEY else sql)


def register() -> None:
    """Make both vocabularies known."""
    registry.vocabulary(
        Vocabulary(
            ACTIVITY,
            label="An activity of a customer",
            relation="compliance_activity AS a JOIN accounts_customer AS c ON c.id = a.customer_id"
            " LEFT JOIN compliance_customerprofile AS p ON p.customer_id = a.customer_id"
            " LEFT JOIN compliance_customerrisk AS r ON r.customer_id = a.customer_id"
            " LEFT JOIN wallets_tierlimit AS l ON l.tier = c.kyc_tier AND l.currency = a.currency",
            key="a.id",
            clock="at",
            facts=(
                Fact("at", Kind.MOMENT, label="Moment", sql="a.happened_at"),
                Fact("customer", Kind.TEXT, label="Customer", sql="a.customer_id"),
                Fact("wallet", Kind.TEXT, label="Wallet", sql="a.wallet_id"),
                Fact("tier_limit", Kind.MONEY, label="Limit of the tier", sql=("l.per_transaction", "l.currency")),
                *_movement("a"),
                *_CUSTOMER,
            ),
            lists=_LISTS,
            sources=(
                _OF_CUSTOMER,
                _source("wallet.activity", "Activities of the wallet", "s.customer_id = {customer} AND s.wallet_id = {wallet}"),
            ),
        )
    )
    registry.vocabulary(
        Vocabulary(
            CUSTOMER_DAY,
            label="A day of a customer",
            relation="compliance_customerday AS d JOIN accounts_customer AS c ON c.id = d.customer_id"
            " LEFT JOIN compliance_customerprofile AS p ON p.customer_id = d.customer_id"
            " LEFT JOIN compliance_customerrisk AS r ON r.customer_id = d.customer_id",
            key="d.id",
            clock="at",
            facts=(
                Fact("at", Kind.MOMENT, label="End of the day", sql="d.ends_at"),
                Fact("customer", Kind.TEXT, label="Customer", sql="d.customer_id"),
                *_figures(),
                *_CUSTOMER,
            ),
            lists=_LISTS,
            sources=(_OF_CUSTOMER,),
        )
    )
