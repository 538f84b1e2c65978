"""Providers of payments, all optional: one without its settings is not offered."""

from typing import Any

from flowlet.settings import environment as env


def provider_settings() -> dict[str, Any]:
    """Keys, secrets and addresses; "" or nothing where a provider is not used."""
    https = {"https", "http"}  # http only for hosts of FLOWLET_OUTBOUND_PRIVATE_HOSTS; the HTTP layer refuses others
    return {
        "STRIPE_API_KEY": env.text("STRIPE_API_KEY", ""),
        "STRIPE_BASE_URL": env.url("STRIPE_BASE_URL", https, "https://api.stripe.com"),
        # Two while one is rotated.
        "STRIPE_WEBHOOK_SECRETS": env.words("STRIPE_WEBHOOK_SECRETS"),
        "PLAID_CLIENT_ID": env.text("PLAID_CLIENT_ID", ""),
        "PLAID_SECRET": env.text("PLAID_SECRET", ""),
        "PLAID_BASE_URL": env.url("PLAID_BASE_URL", https, "https://production.plaid.com"),
        "PLAID_CLIENT_NAME": env.text("PLAID_CLIENT_NAME", "Flowlet"),
    }
