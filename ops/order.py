"""The order in which `jpi --help` lists the commands: as somebody new comes to need them."""

from typer.core import TyperGroup

ORDER = (
    *("run", "demo", "token", "stop"),
    *("push", "export", "verify", "prove", "verify-proof"),
    *("consent", "witness-key", "witness", "sandbox-client"),
    *("settings", "keys", "migrate", "serve"),
    *("rebuild", "resume", "backup", "restore", "rotate-log-key", "schema"),
)
"""First look, a party's own work, its partners' proofs, the service, its keeping."""


class InOrder(TyperGroup):
    """Commands in `ORDER`."""

    def list_commands(self, ctx: object) -> list[str]:
        """Every command, by its place; one without a place comes last."""
        del ctx
        return sorted(self.commands, key=(*ORDER, *self.commands).index)
