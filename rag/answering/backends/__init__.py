"""The LLMs that a user may name, each a llama-index `LLM`: found by name, called with limits, recorded, replayed."""
