"""What everything stands on: errors, identity, files and their atomic writing, cache, device, threads."""
