"""The web page, over rag's public face."""
