"""The street door: HTTP, identity, wiring. It may import the hall and the workroom."""
