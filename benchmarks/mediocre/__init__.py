"""What makes mediocre workers good, measured on recorded answers of a real model."""
