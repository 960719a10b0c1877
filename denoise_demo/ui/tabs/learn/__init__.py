"""The Learn tab: a network is trained while the visitor watches."""
