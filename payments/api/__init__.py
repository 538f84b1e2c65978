"""Payments in the partner API, and the door for providers' events under /webhooks."""
