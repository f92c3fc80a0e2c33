"""Text → sentences, stems, vectors: what everything after it reads."""
