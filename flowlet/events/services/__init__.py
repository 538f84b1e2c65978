"""What can be done with events: ``outbox`` publishes, ``relay`` delivers, ``replays`` delivers again, ``retention`` forgets."""
