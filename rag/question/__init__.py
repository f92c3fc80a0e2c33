"""Question → Plan: its outlets, its days, what it holds against each other, what kind of answer it asks for."""
