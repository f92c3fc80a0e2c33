"""From Articles to checked Answers. A folder is a stage, a file a step of it.

Articles come in: text → archive (catalog, and the indexes of words and vectors derived from it).
Questions are answered: question → search → reading → answering → a checked Answer (`pipeline.py`, all of it on one page).
"""

__version__ = "0.1.0"
