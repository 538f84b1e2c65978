"""The toolkit of the back office: one AdminSite, three bases, declared transitions, panels, a home page of work and health.

How an app puts a page there (``wallets/admin/wallet.py``, imported by ``wallets/admin/__init__.py``)::

    from flowlet.backoffice import CaseAdmin, Transition, cells, charts, home, panels, site

    class WalletAdmin(CaseAdmin):
        section, icon, menu_order = "Money", "account_balance_wallet", 10
        list_display = ("public_id", "owner", "available", "state")
        list_select_related = ("customer", "balance")
        list_filter = ("status", "currency")
        search_fields = ("external_id",)                       # exact, so indexed; public ids are found without saying so
        panels = (
            panels.Facts(title="Wallet", fields=("status", "currency"), rows=lambda w: [("Available", w.balance.available)]),
            panels.LineChart(title="Balance", points=lambda w: [charts.Point(d, v) for d, v in selectors.daily(w)], unit="USD"),
            panels.Table(title="Movements", columns=("When", "What", "Amount"), figures=("Amount",), rows=selectors.movements),
            panels.Revealable(title="Owner", masked=customers.masked_of_wallet, reveal=customers.reveal_of_wallet),
        )
        transitions = (
            Transition(name="freeze", label="Freeze", key="f", style="danger", permission="wallets.freeze_wallet",
                       service=wallets.freeze, policy=policies.check_can_freeze, reason_required=True),
        )                                                      # calls freeze(wallet_id=pk, reason=…, actor=…, at=…)

        @admin.display(description="available")
        def available(self, wallet):
            return cells.money(wallet.balance.available)

    site.register(Wallet, WalletAdmin)
    home.register(home.Queue(name="frozen", title="Frozen wallets", permission="wallets.freeze_wallet", load=lambda request:
                             home.Waiting(count=selectors.frozen_count(), url=cells.admin_url(Wallet, "changelist"))))

Every page is opened by ``view_permission`` (default ``app.view_model``). ``flowlet.backoffice.testing`` signs a person in and
measures queries. A service that runs a transition writes the audit record itself; a reveal is recorded by the toolkit.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "site": "sites",
    "ReadOnlyAdmin": "admins",
    "CaseAdmin": "admins",
    "ReferenceAdmin": "admins",
    "Transition": "transitions",
    "TransitionForm": "transitions",
    "may_become": "transitions",
    "actor_of": "actors",
}
__all__ = ["CaseAdmin", "ReadOnlyAdmin", "ReferenceAdmin", "Transition", "TransitionForm", "actor_of", "may_become", "site"]


def __getattr__(name: str) -> Any:
    """The public names, loaded when first asked for: the theme needs Django's app registry, which comes later."""
    if name not in _WHERE:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
