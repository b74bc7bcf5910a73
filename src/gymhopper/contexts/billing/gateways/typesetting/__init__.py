"""Documents on paper: PDF by Typst, the same bytes for the same document."""
