"""Keys per subject for personal data."""
