"""The toolkit of the back office."""
