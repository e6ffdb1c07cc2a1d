"""A real mail server: Exim of Debian, with a configuration and a spool of its own on a free port of 127.0.0.1. It takes
mails to local.example and delivers them into a maildir, and refuses all others."""

import email
import email.policy
import grp
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from rig.processes import accepts, free_ports, wait_for

CONFIGURATION = """\
exim_user = {user}
exim_group = {group}
primary_hostname = mail.local.example
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
keep_environment =
never_users =
deliver_drop_privilege = true
queue_only = false
acl_smtp_rcpt = check_recipient
smtp_accept_max = 50
smtp_accept_queue_per_connection = 0

begin acl
check_recipient:
  accept domains = local.example
  deny message = no such place here

begin routers
everybody:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  user = {user}
  group = {group}
  delivery_date_add
"""


# Exim runs as whoever starts it, but never delivers as root.
USER = "Debian-exim" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


class MailServer:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-exim-"))
        for name in ("", "spool", "log", "mail"):
            (self.folder / name).mkdir(exist_ok=True)
            os.chown(self.folder / name, pwd.getpwnam(USER).pw_uid, -1)
        (self.port,) = free_ports(1)
        path = self.folder / "exim.conf"
        group = grp.getgrgid(pwd.getpwnam(USER).pw_gid).gr_name
        path.write_text(CONFIGURATION.format(folder=self.folder, port=self.port, user=USER, group=group))
        path.chmod(0o644)
        self.process = subprocess.Popen(["/usr/sbin/exim4", "-C", path, "-bdf"], stderr=open(self.folder / "stderr", "wb"))
        wait_for(lambda: accepts(self.port) or self.process.poll() is not None, 15, "exim")
        assert self.process.poll() is None, (self.folder / "stderr").read_text()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def delivered(self):
        return list((self.folder / "mail" / "new").glob("*"))

    def wait_mails(self, count, budget_seconds=30):
        wait_for(lambda: len(self.delivered()) >= count, budget_seconds, f"{count} mails in the maildir")
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in self.delivered()]

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
