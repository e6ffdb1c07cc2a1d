"""A receiver of mails on 127.0.0.1 (aiosmtpd): records each, and answers as the recipient's local part says.

    rcpt-<n>...     RCPT is answered so
    data-<n>...     the content is
    cut-...         the content is taken, and the connection closed without a reply
    slow-...        the content is taken after a second

With "once" in it (data-451-once), only the first time that recipient is seen."""

import asyncio
import collections
import dataclasses
import email
import email.policy
import re
import ssl
import subprocess
import threading
import time

from aiosmtpd.smtp import SMTP, AuthResult

from rig.processes import wait_for


@dataclasses.dataclass(frozen=True)
class Mail:
    sender: str
    recipient: str
    content: bytes
    tls: bool
    login: str | None
    reply: str  # what its content was answered; "" where nothing
    at: float  # time.monotonic()

    @property
    def key(self):
        """The idempotency key, which its Message-ID begins with."""
        return re.search(rb"^Message-ID: <([0-9a-f-]{36})@", self.content, re.M)[1].decode()

    def read(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)


class Handler:
    def __init__(self):
        self.mails = []
        self.seen = collections.Counter()
        self.refused = []

    def action(self, address):
        local = address.partition("@")[0]
        self.seen[address] += 1
        return "" if "once" in local and self.seen[address] > 1 else local

    async def handle_RCPT(self, server, session, envelope, address, options):
        found = re.match(r"rcpt-(\d+)", address)
        if found and self.action(address):
            self.refused.append(address)
            return f"{found[1]} 5.1.1 no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        action = self.action(address)
        found = re.match(r"data-(\d+)", action)
        reply = f"{found[1]} no" if found else "250 2.0.0 Ok: queued as Q1"
        if action.startswith("slow-"):
            await asyncio.sleep(1)
        if action.startswith("cut-"):
            reply = ""
        login = session.auth_data.decode() if session.authenticated else None
        tls = server.transport.get_extra_info("ssl_object") is not None
        self.mails.append(Mail(envelope.mail_from, address, envelope.content, tls, login, reply,
                               time.monotonic()))
        if not reply:
            server.transport.abort()
        return reply or "250 OK"


class MailReceiver:
    """tls: None, "starttls" (required) or "smtps"; login: user and password, required then."""

    def __init__(self, folder, tls=None, login=None):
        self.handler = Handler()
        self.ca_file = folder / "mail.pem"
        context = self._certificate(folder) if tls else None
        more = {}
        if tls == "starttls":
            more.update(tls_context=context, require_starttls=True)
        if login:
            more.update(authenticator=self._authenticator(login), auth_required=True, auth_require_tls=tls == "starttls")
        self.scheme = "smtps" if tls == "smtps" else "smtp"
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._do(self._listen(context if tls == "smtps" else None, more))
        self.port = self.server.sockets[0].getsockname()[1]

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def _listen(self, context, options):
        """Without a limit on how many commands a connection has."""
        def session():
            return SMTP(self.handler, hostname="localhost", command_call_limit={"*": 10**9}, **options)
        return await self.loop.create_server(session, "127.0.0.1", 0, ssl=context)

    def _certificate(self, folder):
        key = folder / "mail.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.ca_file,
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, key)
        return context

    @staticmethod
    def _authenticator(login):
        def authenticate(server, session, envelope, mechanism, data):
            given = (data.login.decode(), data.password.decode())
            session.auth_data = data.login
            return AuthResult(success=given == login, handled=False, auth_data=data.login)
        return authenticate

    @property
    def mails(self):
        return list(self.handler.mails)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def accepted(self):
        """Key -> how often it was accepted, or may have been."""
        return collections.Counter(mail.key for mail in self.mails if mail.reply[:1] in ("2", ""))

    def wait_mails(self, count, budget_seconds=30):
        wait_for(lambda: len(self.handler.mails) >= count, budget_seconds, f"{count} mails")

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
