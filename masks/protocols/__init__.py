"""The protocols, by which edits are drawn: one file each."""
