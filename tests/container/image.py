"""What the container's file system holds, and what it doesn't."""

import os
import re
import stat
import subprocess

MOST = 30_000_000
PROGRAM = "/osier"
LIBRARY = re.compile(r"/lib(64)?/([a-z0-9_-]+-linux-gnu[a-z0-9]*/)?(ld-linux|lib)[a-z0-9_.+-]*\.so[.0-9]*")
DATA = {
    "/etc/group", "/etc/hosts", "/etc/nsswitch.conf", "/etc/passwd", "/etc/resolv.conf",
    "/etc/ssl/certs/ca-certificates.crt", "/usr/share/doc/osier/LICENSE", "/usr/share/doc/osier/osier.cdx.json",
}


def files(root):
    """Path inside, and its state, of everything but folders."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            found[path[len(root):]] = os.lstat(path)
    return found


def manifest(root):
    """What would tell that something was written: paths, sizes and times, folders too."""
    told = []
    for folder, folders, names in os.walk(root):
        for name in sorted(folders + names):
            state = os.lstat(os.path.join(folder, name))
            told.append((os.path.join(folder, name), state.st_size, state.st_mtime_ns, state.st_mode))
    return sorted(told)


def cases(root):
    def case_126_the_image_holds_the_program_its_libraries_and_no_shell():
        libraries = 0
        for path, state in files(root).items():
            assert stat.S_ISREG(state.st_mode), f"{path} is no plain file"
            library = LIBRARY.fullmatch(path) is not None
            assert path == PROGRAM or library or path in DATA, f"{path} doesn't belong there"
            runs = state.st_mode & 0o111 != 0
            assert runs == (path == PROGRAM or library), f"{path} has mode {state.st_mode:o}"
            libraries += library
        return f"{libraries} libraries, {len(DATA)} other files"

    def case_126_nothing_is_setuid_or_anybodys_to_write():
        for path, state in files(root).items():
            assert state.st_mode & 0o6022 == 0, f"{path} has mode {state.st_mode:o}"
            assert "security.capability" not in os.listxattr(root + path), f"{path} has capabilities"

    def case_126_the_certificate_authorities_are_inside():
        text = open(root + "/etc/ssl/certs/ca-certificates.crt").read()
        count = text.count("-----BEGIN CERTIFICATE-----")
        assert count > 100, f"{count} certificates"
        return f"{count} certificates"

    def case_126_the_image_is_small():
        tar = f"tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C '{root}' -c ."
        sizes = {}
        for name, pack in [("gzip", "gzip -9n"), ("zstd", "zstd -19 -q")]:
            if subprocess.run(["sh", "-c", f"command -v {name} >/dev/null"]).returncode == 0:
                sizes[name] = int(subprocess.check_output(f"{tar} | {pack} | wc -c", shell=True))
        assert sizes["gzip"] < MOST, sizes
        unpacked = sum(state.st_size for state in files(root).values())
        program = os.stat(root + PROGRAM).st_size
        told = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items())
        return f"{told}; unpacked {unpacked / 1e6:.1f} MB, the program {program / 1e6:.1f} MB"

    return [
        case_126_the_image_holds_the_program_its_libraries_and_no_shell,
        case_126_nothing_is_setuid_or_anybodys_to_write,
        case_126_the_certificate_authorities_are_inside,
        case_126_the_image_is_small,
    ]
