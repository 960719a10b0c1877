"""The parts of the laboratory: one folder each with its Python, JavaScript, CSS and HTML."""
