"""The model port: what the team asks of a language model, and who answers."""
