"""Runs collectors and analyzers over a case and commits what they give."""
