"""Describing: the sentences that are the same wherever an argument of a name stands.

Whatever differs from place to place is said where the argument is; a test finds what is not said.
"""

from graphql import GraphQLSchema, get_named_type


def describe_arguments(schema: GraphQLSchema) -> None:
    """Say what `input` and `id` are, where nothing else is said of them."""
    for kind in (schema.query_type, schema.mutation_type):
        for name, field in kind.fields.items() if kind is not None else ():
            for argument, given in field.args.items():
                if given.description is None and argument == "input":
                    given.description = f"What `{name}` is to do, with its idempotency key."
                if given.description is None and argument == "id":
                    given.description = f"The id of the {get_named_type(field.type).name}."
