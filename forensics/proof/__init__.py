"""Proof: what measured values weigh between two stated propositions, and how often a method errs."""
