"""What stands in a test where something else would: probes, rehearsals, stand-ins."""
