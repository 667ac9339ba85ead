"""deploy/azure/main.bicep: two parsers read it, each name that it uses is declared, each property of the main
resources is one that Azure's own client knows, and Osier accepts the configuration that comes of it. That Azure
takes it isn't shown here.
"""

import importlib
import os
import re
import subprocess
import sys
import tempfile
import typing
from pathlib import Path

import tree_sitter
import tree_sitter_bicep
from pycep import BicepParser

FILE = Path("deploy/azure/main.bicep")
# Functions and namespaces of the language (Bicep reference), as far as they are used.
BUILT_IN = {
    "az", "cidrSubnet", "empty", "guid", "json", "loadTextContent", "resourceGroup", "string",
    "subscriptionResourceId", "sys", "uniqueString", "string", "int", "bool", "secure", "description", "minLength",
    "maxLength", "minValue", "maxValue",
}
MODELS = {
    "Microsoft.App/containerApps": ("appcontainers", "ContainerApp"),
    "Microsoft.App/managedEnvironments": ("appcontainers", "ManagedEnvironment"),
    "Microsoft.DBforPostgreSQL/flexibleServers": ("postgresqlflexibleservers", "Server"),
}
# The client hides this one, which isn't read back.
HIDDEN = {"administratorLoginPassword"}


def the_grammar_reads_it():
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
    source = FILE.read_bytes()
    root = parser.parse(source).root_node
    faults = [node for node in walk(root) if node.is_error or node.is_missing]
    assert not faults, [(node.start_point, source[node.start_byte:node.end_byte]) for node in faults]
    outputs = {name(node, source) for node in root.children if node.type == "output_declaration"}
    declared = {name(node, source) for node in root.children if node.type.endswith("_declaration")}
    used = set()
    for node in walk(root):
        # The first name of `a.b.c` and of `a::b`, and each name by itself; not the keys of objects.
        if node.type == "identifier" and is_use(node):
            used.add(source[node.start_byte:node.end_byte].decode())
    unknown = used - declared - BUILT_IN
    assert not unknown, f"not declared: {sorted(unknown)}"
    unused = {one for one in declared - outputs if not re.search(rf"\b{one}\b.*\b{one}\b", FILE.read_text(), re.DOTALL)}
    assert not unused, f"never used: {sorted(unused)}"
    return f"{len(declared)} declarations"


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


def name(node, source):
    found = next(child for child in node.children if child.type == "identifier")
    return source[found.start_byte:found.end_byte].decode()


def is_use(node):
    parent = node.parent
    if parent.type.endswith("_declaration"):
        return parent.children[1].id != node.id and node.prev_sibling is not None and node.prev_sibling.type in "=:"
    if parent.type == "object_property":
        return parent.children[0].id != node.id
    if parent.type in ("member_expression", "resource_expression", "nested_identifier"):
        return parent.children[0].id == node.id
    return node.type == "identifier"


def azures_clients_know_each_property():
    checked = 0
    for resource in parsed()["resources"].values():
        kind = resource["type"]
        if kind in MODELS and not resource["existing"]:
            package, model = MODELS[kind]
            models = importlib.import_module(f"azure.mgmt.{package}.models")
            checked += properties(resource["config"], getattr(models, model), models, kind)
    assert checked > 100, checked
    return f"{checked} properties"


def properties(value, kind, models, where):
    if isinstance(value, list):
        inner = typing.get_args(kind)[0] if typing.get_args(kind) else None
        return sum(properties(one, inner, models, where) for one in value)
    known = fields(kind, models) if isinstance(value, dict) and isinstance(kind, type) else {}
    # No type of Azure's, or an expression in place of a value.
    if not known or set(value) <= {"operator", "function"}:
        return 0
    count = 0
    for key, inner in value.items():
        if key in ("dependsOn", "parent", "scope") or key in HIDDEN:
            continue
        assert key in known, f"{where}: {key} is none of {sorted(known)}"
        count += 1 + properties(inner, known[key], models, f"{where}.{key}")
    return count


def fields(kind, models):
    """Name on the wire, and the type behind Optional."""
    inside = importlib.import_module(f"{models.__name__}._models")
    names = {**vars(typing), **vars(inside), "_models": inside, "_types": None, "_unions": None}
    known = {}
    for base in kind.__mro__:
        for attribute, field in vars(base).items():
            if type(field).__name__ != "_RestField":
                continue
            text = base.__annotations__.get(attribute, "")
            try:
                hint = eval(text, names) if isinstance(text, str) else text
                while typing.get_origin(hint) is typing.Union:
                    hint = typing.get_args(hint)[0]
                hint = as_type(hint, inside)
            except (NameError, AttributeError):
                hint = None
            known[field._rest_name_input or attribute] = hint
    return known


def as_type(hint, inside):
    hint = getattr(hint, "__forward_arg__", hint)
    if isinstance(hint, str):
        return getattr(inside, hint.split(".")[-1], None)
    if typing.get_origin(hint) is list:
        return typing.List[as_type(typing.get_args(hint)[0], inside) or object]
    return hint


def parsed():
    return BicepParser().parse(file_path=FILE)


def the_app_is_hardened_and_ready():
    app = parsed()["resources"]["app"]["config"]["properties"]
    template, container = app["template"], app["template"]["containers"][0]
    assert app["configuration"]["ingress"]["allowInsecure"] is False
    assert {probe["type"] for probe in container["probes"]} == {"Startup", "Liveness", "Readiness"}
    values = {one["name"]: one["value"] for one in container["env"]}
    drain = int(values["OSIER_SERVER__DRAIN_DELAY"]) + int(values["OSIER_SERVER__SHUTDOWN_GRACE"])
    assert drain < template["terminationGracePeriodSeconds"]
    # What is secret comes from the vault and goes into a file.
    names = {one["name"] for one in app["configuration"]["secrets"] if "keyVaultUrl" in one}
    mounted = {one["secretRef"] for volume in template["volumes"] for one in volume["secrets"]}
    assert names == mounted - {"config"} == {"keys-current", "store-url"}, (names, mounted)
    assert not any("secretRef" in one for one in container["env"])


def osier_accepts_the_configuration():
    """The variables as Container Apps would set them, with what Azure fills in made up."""
    resources = parsed()["resources"]
    container = resources["app"]["config"]["properties"]["template"]["containers"][0]
    with tempfile.TemporaryDirectory() as place:
        made_up = {
            "OSIER_SERVER__PUBLIC_URL": "https://osier.example.azurecontainerapps.io",
            "OSIER_SERVER__REPLICAS": "6",
            "OSIER_AUTH__MANAGED_IDENTITY_CLIENT_ID": "1f0c9e52-6d0f-4d0b-8d43-7f0b1c2d3e4f",
            "OSIER_SERVER__LISTEN": "0.0.0.0:8080",
        }
        secrets = {
            "OSIER_KEYS__CURRENT_FILE": subprocess.check_output(["openssl", "rand", "-base64", "32"], text=True),
            "OSIER_STORE__URL_FILE": "postgres://osier:x@db.example.com:5432/osier?sslmode=verify-full",
        }
        env = {one["name"]: one["value"] for one in container["env"]} | made_up
        for variable, text in secrets.items():
            assert variable in env, variable
            env[variable] = os.path.join(place, variable)
            with open(os.open(env[variable], os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(text)
        command = [os.environ["OSIER"], "check", "--config", "deploy/azure/osier.toml"]
        told = subprocess.run(command, env=env, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr


failed = 0
for case in (the_grammar_reads_it, azures_clients_know_each_property, the_app_is_hardened_and_ready,
             osier_accepts_the_configuration):
    try:
        said = case()
        print(f"bicep: {case.__name__}: ok{f' ({said})' if said else ''}")
    except AssertionError as fault:
        failed += 1
        print(f"bicep: {case.__name__}: failed: {fault}")
sys.exit(failed != 0)
