"""``docs/payments.md`` shows the recipes, states and journals as the code has them."""

import re

from django.conf import settings

from ledger.services import charts
from payments.choices import PaymentStatus
from payments.services import recipes

PAGE = settings.BASE_DIR / "docs" / "payments.md"
BEGIN, END = "<!-- recipes: begin -->\n", "<!-- recipes: end -->\n"


def table() -> str:
    """The recipes as a table of Markdown."""
    rows = ["| Journal | Called | When | Debit | Credit |", "|---|---|---|---|---|"]
    rows += [
        f"| `{one.kind}` | {one.label} | {one.when} | {'; '.join(one.debits)} | {'; '.join(one.credits)} |"
        for one in recipes.RECIPES.values()
    ]
    return "\n".join(rows) + "\n"


def test_the_page_shows_every_recipe_as_it_is():
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(BEGIN) + len(BEGIN) : page.index(END)] == table()


def test_the_page_says_what_each_state_means():
    part = PAGE.read_text(encoding="utf-8").partition("## What a payment asks")[0]
    named = [name for row in re.findall(r"^\| (`[^|]+) \|", part, re.MULTILINE) for name in re.findall(r"`([A-Z]+)`", row)]
    assert sorted(named) == sorted(PaymentStatus.values)


def test_the_page_names_the_lines_of_the_chart():
    lines = {charts.SAFEGUARDING, charts.CLEARING_IN, charts.CLEARING_OUT, charts.RECOVERY_RECEIVABLE}
    lines |= {charts.INCOMING_EXPECTED, charts.SUSPENSE, charts.FEE_INCOME, charts.PROVIDER_COSTS, charts.LOSSES}
    used = {
        code
        for one in recipes.RECIPES.values()
        for text in (*one.debits, *one.credits)
        for code in re.findall(r"\b\d{4}\b", text)
    }
    assert used == lines
    sentence = PAGE.read_text(encoding="utf-8").partition("Lines of the chart are in codes:")[2].partition(".")[0]
    assert set(re.findall(r"\b\d{4}\b", sentence)) == lines
