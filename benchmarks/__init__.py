"""What Flowlet costs, measured: one command each, all of them ratios against a reference in the same run (README.md)."""
