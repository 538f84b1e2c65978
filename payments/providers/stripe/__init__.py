"""Stripe, spoken by our own client: ``minor`` amounts, ``client`` calls, ``webhooks`` signatures."""
