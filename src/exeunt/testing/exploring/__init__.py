"""Many runs of one scenario: the search for an order in which it fails."""
