"""The program in its own file system under a container's rules, by bubblewrap: user 65532, a read-only root,
no capabilities, no new privileges, its own processes. The network is the machine's, since the demo's services
are there.
"""

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import time

import image

USER = 65532
PATIENCE = 20
# Kept out of arguments and variables: the demo's own, and the key made here.
KEY = base64.b64encode(os.urandom(32)).decode()
SECRETS = {"keys-current": KEY, "client": "demo-secret", "changes": "demo-changes", "mapped": "demo-mapped"}
VARIABLES = {
    "OSIER_KEYS__CURRENT_FILE": "/run/secrets/keys-current",
    "OSIER_AUTH__CLIENT_SECRET_FILE": "/run/secrets/client",
    "OSIER_ACCESS__TOKEN_FILE": "/run/secrets/changes",
    "OSIER_BACKENDS__MAPPED__SERVICE_TOKEN_FILE": "/run/secrets/mapped",
}
INLINE = ("client_secret", "token = \"demo-", "service_token")


class Sandbox:
    def __init__(self, root):
        self.root = root

    def start(self, command, mounts=(), variables=()):
        """Runs a command of the image as its first process; gives the process, and its number outside."""
        told, tells = os.pipe()
        # Really that user, where this is root: an id inside a user namespace alone would still own root's files.
        user = (["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
                if os.geteuid() == 0 else [])
        rules = [
            "bwrap", "--unshare-user", "--uid", str(USER), "--gid", str(USER), "--unshare-pid", "--unshare-ipc",
            "--unshare-uts", "--unshare-cgroup-try", "--as-pid-1", "--cap-drop", "ALL", "--die-with-parent",
            "--new-session", "--json-status-fd", str(tells), "--clearenv",
            "--ro-bind", self.root, "/", "--proc", "/proc", "--remount-ro", "/proc",
            "--tmpfs", "/dev", "--dev-bind", "/dev/null", "/dev/null", "--remount-ro", "/dev",
        ]
        for kind, outside, inside in mounts:
            rules += [kind, outside, inside]
        for name, value in dict(variables).items():
            rules += ["--setenv", name, value]
        process = subprocess.Popen(
            user + rules + ["--"] + command, pass_fds=[tells], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        os.close(tells)
        # Kept open: bubblewrap says at the end how it ended, and would die of a closed pipe.
        process.status = os.fdopen(told)
        line = process.status.readline()
        return process, json.loads(line)["child-pid"] if line else None

    def run(self, command, **more):
        process, _ = self.start(command, **more)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return process.returncode, out, err


def owned(path, mode):
    if os.geteuid() == 0:
        os.chown(path, USER, USER)
    os.chmod(path, mode)


class Deployment:
    """A configuration by file, secrets by files, and the demo's services."""

    def __init__(self, sandbox, place, osier, demo_port, port):
        self.sandbox, self.place, self.osier, self.port, self.demo_port = sandbox, place, osier, port, demo_port
        text = open("config/demo.toml").read()
        lines = [line for line in text.splitlines() if not line.startswith(INLINE) and not line.startswith("#:")]
        text = "\n".join(lines)
        for old, new in ((8080, port), (8081, demo_port + 1), (8082, demo_port + 2)):
            text = text.replace(f":{old}", f":{new}")
        # By name, so that names are looked up in the image too.
        text = text.replace(f"127.0.0.1:{demo_port + 2}", f"localhost:{demo_port + 2}")
        self.config = self.folder("config", {"osier.toml": text + "\n"})
        self.secrets = self.folder("secrets", SECRETS)
        self.hosts = os.path.join(place, "hosts")
        with open(self.hosts, "w") as hosts:
            hosts.write("127.0.0.1 localhost\n")
        self.volume = self.folder("volume", {})
        owned(self.volume, 0o700)

    def folder(self, name, files):
        path = os.path.join(self.place, name)
        os.mkdir(path)
        os.chmod(path, 0o755)
        for name, text in files.items():
            with open(os.path.join(path, name), "w") as file:
                file.write(text)
            # As orchestrators mount secrets.
            os.chmod(os.path.join(path, name), 0o644)
        return path

    def mounts(self, volume=False, secrets="--ro-bind"):
        mounts = [("--ro-bind", self.config, "/etc/osier"), (secrets, self.secrets, "/run/secrets"),
                  ("--ro-bind", self.hosts, "/etc/hosts")]
        return mounts + ([("--bind", self.volume, "/var/lib/osier")] if volume else [])

    @contextlib.contextmanager
    def serving(self, more=(), **kinds):
        process, pid = self.sandbox.start(["/osier", "serve"], self.mounts(**kinds), VARIABLES | dict(more))
        try:
            yield process, pid
        finally:
            process.kill()
            process.wait()

    def ready(self, process):
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            if process.poll() is not None:
                raise AssertionError(f"it ended with {process.returncode}: {process.stderr.read()}")
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return time.monotonic() - started
            except OSError:
                pass
            time.sleep(0.05)
        process.kill()
        raise AssertionError(f"never ready: {process.stderr.read()}")

    def ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def list_sites(self):
        token = subprocess.check_output(
            [self.osier, "token", "--user", "ben", "--port", str(self.demo_port)], text=True).strip()
        meta = {"protocolVersion": "2026-07-28", "clientInfo": {"name": "container", "version": "1"},
                "clientCapabilities": {}}
        meta = {f"io.modelcontextprotocol/{name}": value for name, value in meta.items()}
        params = {"name": "list_sites", "arguments": {}, "_meta": meta}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        status, text = self.ask("POST", "/mcp", body, {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call", "Mcp-Name": "list_sites"})
        assert status == 200, text
        data = [line[5:] for line in text.splitlines() if line.startswith("data:")] or [text]
        return json.loads(data[-1])["result"]["structuredContent"]["items"]

    def cases(self):
        def case_126_no_shell_can_be_started():
            code, _, err = self.sandbox.run(["/bin/sh", "-c", "id"])
            assert code != 0 and "No such file" in err, (code, err)

        def case_126_every_library_is_there():
            code, out, err = self.sandbox.run(["/osier", "--version"])
            assert code == 0 and out.startswith("osier "), (code, out, err)
            return out.strip()

        def case_126_no_demo_is_inside():
            code, _, err = self.sandbox.run(["/osier", "demo"])
            assert code == 64 and "unrecognized subcommand" in err, (code, err)

        def case_127_a_secret_that_everybody_may_read_is_refused():
            code, _, err = self.sandbox.run(
                ["/osier", "serve"], mounts=self.mounts(secrets="--bind"), variables=VARIABLES)
            assert code == 64, (code, err)
            for name in VARIABLES:
                assert f"{name}: " in err and "everybody may read" in err, err

        def case_126_it_serves_with_a_read_only_root_and_no_rights():
            return self.serves()

        def case_126_the_audit_goes_to_the_volume_and_nothing_else_is_written():
            return self.audits()

        return [
            case_126_no_shell_can_be_started,
            case_126_every_library_is_there,
            case_126_no_demo_is_inside,
            case_127_a_secret_that_everybody_may_read_is_refused,
            case_126_it_serves_with_a_read_only_root_and_no_rights,
            case_126_the_audit_goes_to_the_volume_and_nothing_else_is_written,
        ]

    def serves(self):
        before = image.manifest(self.sandbox.root)
        code, _, _ = self.health()
        assert code == 1, "nothing serves yet"
        with self.serving() as (process, pid):
            took = self.ready(process)
            told = facts(pid)
            assert told["Uid"].split() == [str(USER)] * 4 or os.geteuid() != 0, told
            assert int(told["CapBnd"], 16) == int(told["CapEff"], 16) == int(told["CapPrm"], 16) == 0, told
            assert told["NoNewPrivs"] == "1", told
            writable = [mount for mount in mounts(pid) if "ro" not in mount[1]]
            assert [place for place, _ in writable] == ["/dev/null"], writable
            seen = [name for name in os.listdir(f"/proc/{pid}/root/proc") if name.isdigit()]
            assert seen == ["1"], f"it sees the processes {seen}"
            for name in ("cmdline", "environ"):
                text = open(f"/proc/{pid}/{name}").read()
                assert not any(secret in text for secret in SECRETS.values()), name
            (cores,) = [line.split() for line in open(f"/proc/{pid}/limits") if line.startswith("Max core file")]
            assert cores[4:6] == ["0", "0"], cores
            code, out, err = self.health()
            assert code == 0 and "ready" in out, (code, out, err)
            assert len(self.list_sites()) == 3
            ended = end(process, pid)
        records = [json.loads(line) for line in ended.splitlines()]
        assert any(record.get("tool") == "list_sites" for record in records), records
        assert image.manifest(self.sandbox.root) == before, "something was written"
        return f"ready after {took:.2f} s"

    def audits(self):
        before = image.manifest(self.sandbox.root)
        file = {"OSIER_AUDIT__SINK": "file", "OSIER_AUDIT__FILE": "/var/lib/osier/audit.jsonl"}
        with self.serving(more=file, volume=True) as (process, pid):
            self.ready(process)
            writable = [place for place, options in mounts(pid) if "ro" not in options]
            assert writable == ["/dev/null", "/var/lib/osier"], writable
            assert len(self.list_sites()) == 3
            assert end(process, pid) == ""
        assert os.listdir(self.volume) == ["audit.jsonl"], os.listdir(self.volume)
        path = os.path.join(self.volume, "audit.jsonl")
        code, out, err = self.sandbox.run(
            ["/osier", "audit", "verify", "/var/lib/osier/audit.jsonl"], mounts=self.mounts(volume=True))
        assert code == 0, (code, out, err)
        assert image.manifest(self.sandbox.root) == before, "something was written"
        return f"{sum(1 for _ in open(path))} lines"

    def health(self):
        return self.sandbox.run(["/osier", "health", "--url", f"http://127.0.0.1:{self.port}"])


def facts(pid):
    lines = open(f"/proc/{pid}/status").read().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def mounts(pid):
    """Where each mount stands and its options, bubblewrap's own cover of the old root aside."""
    lines = [line.split() for line in open(f"/proc/{pid}/mountinfo")]
    return [(fields[4], fields[5].split(",")) for fields in lines]


def end(process, pid):
    os.kill(pid, signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, (process.returncode, err)
    return out
