"""The hall: the vocabulary of the API. It holds no rules; it may import the workroom only."""
