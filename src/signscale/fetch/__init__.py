"""Fetching by HTTP, YouTube, archives, wheels and logins, with a ledger; knows no corpus."""
