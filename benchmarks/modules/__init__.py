"""Small tasks for a small model, and what tells right answers from wrong ones."""
