"""Measures what the README states: each figure beside a peer in the same run, on the same machine."""
