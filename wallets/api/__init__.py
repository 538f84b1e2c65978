"""The partner API of wallets, holds and transfers."""
