"""Columns that repeat across apps."""

from typing import Any

from django.db import models
from djmoney.models.fields import MoneyField as _MoneyField


class MoneyField(_MoneyField):
    """numeric(20,4) and a currency column beside it; no default currency, so that nobody gets USD by accident."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        kwargs.setdefault("default_currency", None)
        kwargs.setdefault("currency_max_length", 3)
        kwargs.setdefault("currency_choices", None)
        super().__init__(*args, **kwargs)


class AmountField(models.DecimalField):
    """numeric(20,4): one figure of a row whose currency stands in another column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)
