"""Open Banking: clients against stand-in banks, and both against the official descriptions."""
