"""A product team of eager, mediocre workers: manager, architect, engineers."""
