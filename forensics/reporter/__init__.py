"""Arranges what a case records into reports and packets; it examines nothing and adds no judgement."""
