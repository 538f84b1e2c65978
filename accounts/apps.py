"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Partners, keys, staff, customers."""

    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        """Tell the toolkits below who the people are: keys for the API, rights for approvals; and what can be asked for."""
        from accounts import policies
        from accounts.services import api_keys, customer_holdings, customers, partners
        from flowlet.api import authentication
        from flowlet.approvals import registry

        authentication.set_key_lookup(api_keys.authenticate)
        registry.set_permission_lookup(policies.held_by)
        registry.kind(
            partners.ACTIVATE,
            label="Activate a partner",
            maker_permission="accounts.request_partner_activation",
            checker_permission="accounts.approve_partner_activation",
            execute=partners.execute_activation,
            describe=partners.describe_activation,
        )
        registry.kind(
            customers.ERASE,
            label="Erase personal data",
            maker_permission="accounts.request_erasure",
            checker_permission="accounts.approve_erasure",
            execute=customers.execute_erasure,
            describe=customers.describe_erasure,
        )
        customer_holdings.register()
