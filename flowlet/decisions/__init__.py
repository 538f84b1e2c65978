"""The verdict port: a lower app asks, upper apps have registered who answers, and the worst opinion wins."""
