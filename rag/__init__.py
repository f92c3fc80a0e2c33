"""From Articles to checked Answers; the modules are the steps.

Articles come in: types → split → embed → catalog, lexical, vectors (kept in step by index; ingest counts).
Questions are answered: plan → retrieve (fuse, widen, rerank) → generate (rank, reasons, evidence) → cite → verify → answer.
Around them: batch and cli run it, records and render show it, llm and llamaindex open it to others.
"""

__version__ = "0.1.0"
