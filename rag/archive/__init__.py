"""Articles → searchable, safely. SQLite is the one truth; Tantivy (words) and Chroma (vectors) are derived from it."""
