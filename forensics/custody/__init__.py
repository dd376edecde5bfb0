"""Keeps evidence: digests, blobs, records, the ledger, keys and trusted time."""
