"""Hits → Draft → cited sentences, by quoting or by an LLM."""
