"""The bill of materials: CycloneDX beside the program, and `cargo auditable`'s list inside it."""

import json
import re
import subprocess
import tempfile
import zlib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


# What .cargo/audit.toml passes over, and the crate that it is about.
EXCEPTED = {"RUSTSEC-2025-0057": "fxhash"}


def crates_inside(root):
    """Name and version of each crate that is linked, as `cargo auditable` wrote them into the program."""
    with tempfile.TemporaryDirectory() as place:
        out = place + "/crates"
        subprocess.run(["objcopy", "--dump-section", f".dep-v0={out}", root + "/osier", place + "/copy"], check=True)
        data = json.loads(zlib.decompress(open(out, "rb").read()))
    return {(part["name"], part["version"]) for part in data["packages"] if part.get("kind", "runtime") == "runtime"}


def cases(root):
    path = root + "/usr/share/doc/osier/osier.cdx.json"
    document = json.load(open(path))
    listed = {(part["name"], part["version"]) for part in document["components"]}
    listed.add((document["metadata"]["component"]["name"], document["metadata"]["component"]["version"]))

    def case_125_the_bill_of_materials_is_sound_cyclonedx():
        version = SchemaVersion.from_version(document["specVersion"])
        fault = JsonStrictValidator(version).validate_str(open(path).read())
        assert fault is None, fault
        for part in document["components"]:
            assert part.get("purl", "").startswith("pkg:cargo/"), part
            assert part.get("licenses"), f"{part['name']} has no licence"
        return f"CycloneDX {document['specVersion']}, {len(listed)} crates"

    def case_125_the_bill_of_materials_names_every_crate_that_is_linked():
        tree = subprocess.check_output(
            ["cargo", "tree", "--locked", "--no-default-features", "--edges", "normal", "--prefix", "none",
             "--format", "{p}"], text=True)
        linked = set()
        for line in tree.splitlines():
            if line.strip():
                name, version = line.split()[:2]
                linked.add((name, version.removeprefix("v")))
        assert len(linked) > 100, tree
        assert linked <= listed, f"not in the bill: {sorted(linked - listed)}"
        return f"{len(linked)} crates"

    def case_125_the_program_names_its_crates():
        inside = crates_inside(root)
        assert ("osier", document["metadata"]["component"]["version"]) in inside
        assert inside <= listed, f"not in the bill: {sorted(inside - listed)}"
        return f"{len(inside)} crates"

    def case_125_no_crate_with_an_excepted_advisory_is_linked():
        ids = set(re.findall(r'"(RUSTSEC-[0-9-]+)"', open(".cargo/audit.toml").read()))
        assert ids == EXCEPTED.keys(), f".cargo/audit.toml names {sorted(ids)}"
        names = {name for name, _ in crates_inside(root)}
        assert not names & set(EXCEPTED.values()), names & set(EXCEPTED.values())

    return [
        case_125_no_crate_with_an_excepted_advisory_is_linked,
        case_125_the_bill_of_materials_is_sound_cyclonedx,
        case_125_the_bill_of_materials_names_every_crate_that_is_linked,
        case_125_the_program_names_its_crates,
    ]
