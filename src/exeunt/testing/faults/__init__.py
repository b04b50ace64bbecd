"""What is planned to go wrong with the messages of an agent, and made so."""
