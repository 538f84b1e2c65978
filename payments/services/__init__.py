"""What changes payments, one noun per module."""
