"""What the commands share: progress, option texts, values from the command line, how a run ends."""
