"""The published systems as editors; what each network wants differently is in its own file."""
