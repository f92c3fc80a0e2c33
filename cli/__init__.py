"""The command line: reads flags, calls corpus, rag and eval, prints."""
