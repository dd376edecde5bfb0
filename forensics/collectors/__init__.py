"""Obtains items: one kind of source each."""
