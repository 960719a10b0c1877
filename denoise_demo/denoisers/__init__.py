"""Everything that cleans: filters, recipes, checkpoints, the engine, the catalog."""
