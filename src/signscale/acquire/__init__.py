"""Fetching raw data: downloads, checksums, the ledger."""
