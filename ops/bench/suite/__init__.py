"""One file a subject; a bench is one function in it, found by its decorator."""
