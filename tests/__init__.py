"""Tests: docs and conventions are in CONTRIBUTING.md."""
