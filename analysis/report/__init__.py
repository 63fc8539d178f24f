"""Numbers, tables, figures and the one-page summary; no science here."""
