"""From Articles to checked Answers; each module is one step.

types → split → embed → catalog, lexical, vectors (kept in step by index) → plan → retrieve → generate → cite → verify → answer.
"""

__version__ = "0.1.0"
