"""The container's file system as it would run: cases 125 to 129 of SECURITY.md that need the built program.

    cases.py ROOT OSIER DEMO_PORT PORT

ROOT is what deploy/container/rootfs laid out, OSIER a binary with the demo, DEMO_PORT the first of three free
ports, PORT another free one. Each case is a function; the last line counts them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import bill
import image
from sandbox import Deployment, Sandbox


def main():
    root, osier, demo_port, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    # A place that another user may look into.
    place = tempfile.mkdtemp(prefix="osier-container-")
    os.chmod(place, 0o755)
    copied = os.path.join(place, "root")
    shutil.copytree(root, copied, symlinks=True)
    demo = subprocess.Popen(
        [osier, "demo", "--port", str(demo_port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        world = Deployment(Sandbox(copied), place, osier, demo_port, port)
        cases = bill.cases(copied) + image.cases(copied) + world.cases()
        failed = sum(not run(case) for case in cases)
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait()
        shutil.rmtree(place)
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


def run(case):
    try:
        said = case()
    except Exception:
        traceback.print_exc()
        print(f"{case.__name__}: failed", flush=True)
        return False
    print(f"{case.__name__}: ok{f' ({said})' if said else ''}", flush=True)
    return True


main()
