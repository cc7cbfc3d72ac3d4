"""Mailing: a party that gave an address is told of what waits for it, and that is an entry.

The one rule: the notice is entered after the mail server took the letter, never before; so a letter
can come twice (after a crash in between, under the same Message-ID), and none is claimed that was
never sent. What fails is tried again, and tells nobody's address to the log.
Source: `domain.md` section 3 ("no notice, no silence"); RFC 5321, RFC 5322.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from graph.context import Doors
from graph.notices import told
from ledger.actor import Actor, NotFound, Role
from ledger.difference import Difference
from ledger.errors import Fault, Trouble
from ledger.ids import EcosystemId, PartyId
from ledger.inbox import Waiting, changed, inbox
from ledger.reply import Channel, Silence
from service.settings import Settings

log = logging.getLogger("jpi.mail")

RETRY_SECONDS = 30.0
SEND_SECONDS = 20.0
FINAL = 500
MAX_CHANGES = 40
"""Changes that a letter lists; the rest is counted."""

MEANING = {
    Silence.NOTHING: "Your silence means nothing: nobody is bound by it.",
    Silence.ACCEPT: "Your silence by then counts as consent.",
    Silence.REJECT: "Your silence by then counts as rejection.",
    Silence.ESCALATE: "Your silence by then takes it to the next level.",
}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in. `is_tls`: from the first byte; otherwise STARTTLS if offered."""

    host: str
    port: int
    user: str
    password: str
    is_tls: bool
    sender: str


def mail_server(settings: Settings) -> MailServer | None:
    """The configured mail server; None: nobody is told by mail."""
    if settings.smtp_url is None:
        return None
    parts = urlsplit(settings.smtp_url)
    is_tls = parts.scheme == "smtps"
    return MailServer(
        parts.hostname or "",
        parts.port or (465 if is_tls else 25),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        is_tls,
        settings.mail_from,
    )


def letter(
    waiting: Waiting, changes: tuple[Difference, ...], chain: str, to: str, sender: str
) -> EmailMessage:
    """What a party is told: what waits, by when, what its silence means, and what has changed."""
    proposal = waiting.proposal
    what = proposal.kind.replace("_", " ").lower()
    mail = EmailMessage()
    mail["Subject"] = _line(f"{chain}: a proposal ({what}) waits for your answer")
    mail["From"] = sender
    mail["To"] = to
    mail["Message-ID"] = f"<{proposal.proposal_id}.{_domain(sender)}@{_domain(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    lines = [f"A proposal ({what}) waits for your party's answer.", ""]
    lines.append(f"Proposal:  Proposal:{proposal.proposal_id}")
    lines.append(f"Entry:     {proposal.index}")
    if waiting.until is not None:
        lines.append(f"Answer by: {format_datetime(waiting.until)}, or later if told late")
    if proposal.ends_at is not None:
        lines.append(f"Lapses:    {format_datetime(proposal.ends_at)}, if it is still open then")
    lines += ["", MEANING[proposal.silence], ""]
    if changes:
        lines.append("What changes against the version before:")
        lines += [f"- {each.path}: {_side(each)}" for each in changes[:MAX_CHANGES]]
        if len(changes) > MAX_CHANGES:
            lines.append(f"- and {len(changes) - MAX_CHANGES} more")
    mail.set_content("\n".join(lines) + "\n")
    return mail


def _side(change: Difference) -> str:
    before = "nothing" if change.before is None else change.before
    after = "nothing" if change.after is None else change.after
    return f"{_line(before)} -> {_line(after)}"


def _line(text: str) -> str:
    """A text on one line: what parties wrote begins no header of its own."""
    return " ".join(text.split())[:400]


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2]


class Mailing:
    """Tells parties by mail what waits for them, ecosystem by ecosystem."""

    def __init__(self, server: MailServer | None) -> None:
        """Hand letters in at `server`; None: nobody is told by mail."""
        self._server = server
        self._waiting: set[EcosystemId] = set()
        self._woken = asyncio.Event()

    def notice(self, ecosystem_id: EcosystemId) -> None:
        """Something changed there: look what waits."""
        if self._server is not None:
            self._waiting.add(ecosystem_id)
            self._woken.set()

    async def run(self, doors: Doors) -> None:
        """Look wherever something changed, again and again, until cancelled.

        What was left when the process before stopped is looked for first.
        """
        for known in doors.ledger.memory.known():
            self.notice(EcosystemId(known))
        while True:
            await self._woken.wait()
            self._woken.clear()
            taken, self._waiting = self._waiting, set()
            failed = {each for each in taken if not await self._tried(doors, each)}
            if failed:
                self._waiting |= failed
                await asyncio.sleep(RETRY_SECONDS)
                self._woken.set()

    async def _tried(self, doors: Doors, ecosystem_id: EcosystemId) -> bool:
        try:
            return await self.deliver(doors, ecosystem_id)
        except (Trouble, Fault) as error:
            log.warning("%s: nobody could be told: %s", ecosystem_id, error)
            return False

    async def deliver(self, doors: Doors, ecosystem_id: EcosystemId) -> bool:
        """Tell every party with an address of what waits; whether nothing is left to try again.

        An address that is refused for good is its party's to mend, and not tried again until
        something changes; what fails for now keeps no other party from being told.
        """
        is_done = True
        for party, address in (await doors.directory.addresses(ecosystem_id)).items():
            actor = Actor(ecosystem_id, PartyId(party), "mail", frozenset({Role.VIEWER}))
            try:
                for waiting in await inbox(doors.reader, actor, doors.ledger.clock()):
                    if waiting.is_own_answer and not _is_mailed(waiting, party):
                        await self._tell(doors, actor, waiting, address)
            except NotFound:
                continue
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                is_final = _is_final(error)
                is_done = is_done and is_final
                how = "for good" if is_final else "for now"
                log.warning(
                    "%s: no letter to party %s, %s: %s",
                    ecosystem_id,
                    party,
                    how,
                    type(error).__name__,
                )
        return is_done

    async def _tell(self, doors: Doors, actor: Actor, waiting: Waiting, address: str) -> None:
        reader, server = doors.reader, self._server
        if server is None:
            return
        changes = await changed(reader, actor, waiting.proposal)
        chain = (await reader.ecosystem(actor)).value.name
        await aiosmtplib.send(
            letter(waiting, changes, chain, address, server.sender),
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.is_tls,
            timeout=SEND_SECONDS,
        )
        told_of = waiting.proposal.proposal_id
        await told(doors, actor.ecosystem_id, told_of, actor.party_id, Channel.MAIL)


def _is_final(error: Exception) -> bool:
    """Whether the server will never take a letter to this address: 5yz (RFC 5321 4.2.1)."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(each.code >= FINAL for each in error.recipients)
    return False


def _is_mailed(waiting: Waiting, party: str) -> bool:
    notices = waiting.proposal.notices
    return any((each.party_id, each.channel) == (party, Channel.MAIL) for each in notices)


@asynccontextmanager
async def posting(mailing: Mailing, doors: Doors) -> AsyncIterator[None]:
    """Letters go out while the block runs."""
    task = asyncio.create_task(mailing.run(doors))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
