"""The toolkit of the partner API."""
