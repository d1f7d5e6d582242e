"""The zoo: every small network trained side by side within a given time (`siebench zoo train`)."""
