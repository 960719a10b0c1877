"""The nn.Modules and their registry."""
