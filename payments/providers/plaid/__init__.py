"""Plaid, spoken by our own client: ``client`` calls, ``webhooks`` signatures."""
