"""What counts as round follows what a unit of the currency is worth, in Python as in SQL."""

from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from compliance.selectors import round_amounts


@pytest.mark.parametrize(
    ("amount", "worth", "wanted"),
    [
        ("5000", "5000.00", True),
        ("5000.01", "5000.01", False),
        ("5500", "5500.00", False),
        ("4000", "5400.00", True),  # GBP
        ("1000", "6.67", False),  # JPY
        ("123000", "820.00", False),
        ("300000", "2000.00", True),
        ("1000000", "725.00", True),  # KRW
        ("100000", "72.50", False),
        ("20000000", "1250.00", True),  # IDR
        ("300.000", "977.20", True),  # KWD: 3.26 dollars each
        ("350.000", "1140.07", False),
        ("5000", None, False),
        ("1000", "0.00", False),
    ],
)
def test_an_amount_is_round_by_the_step_of_its_currency(amount, worth, wanted):
    assert round_amounts.is_round(Decimal(amount), Decimal(worth) if worth else None) is wanted


@pytest.mark.django_db
@given(
    amounts=st.lists(
        st.tuples(
            st.one_of(
                st.decimals(min_value="0.01", max_value=10**9, places=2),
                st.integers(1, 10**6).map(lambda n: Decimal(n * 100)),
            ),
            st.none() | st.decimals(min_value=0, max_value=10**7, places=2),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_sql_says_what_python_says(amounts):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {round_amounts.sql('a')} FROM unnest(%s::numeric[], %s::numeric[]) WITH ORDINALITY AS a (amount, worth, n) ORDER BY n",
            [[amount for amount, _ in amounts], [worth for _, worth in amounts]],
        )
        assert [found for (found,) in cursor.fetchall()] == [round_amounts.is_round(*one) for one in amounts]
