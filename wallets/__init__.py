"""Customers' money: wallets, holds, transfers, limits, statements. Knows the books and the people, no product."""
