"""A run in words: phrases, a sentence for each event, and the beats of a story."""
