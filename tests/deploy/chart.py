"""deploy/helm/osier: Helm's own library lints and renders it, Kubernetes' schemas accept what comes out, the Pod
is hardened as the container's test holds it, and Osier accepts the configuration that the Pod would see. That a
cluster runs it isn't shown here.
"""

import copy
import os
import subprocess
import sys
import tempfile

import helm_python
import kubernetes_validate
import yaml

CHART = "deploy/helm/osier"
EXAMPLE = yaml.safe_load(open("deploy/helm/example.yaml"))
# The oldest that Chart.yaml allows, and the newest whose schemas are at hand.
RELEASES = ["1.27", "1.37"]
# Everything that a value can switch on or off.
VARIANTS = {
    "as in the example": {},
    "one replica": {"replicas": 1, "secrets": {"files": {"OSIER_STORE__URL_FILE": None}}},
    "everything": {
        "autoscaling": {"enabled": True},
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a": "b"}},
        "metrics": {"serviceMonitor": True},
        "audit": {"existingClaim": "audit"},
        "workloadIdentity": True,
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
        "networkPolicy": {"clients": [{"podSelector": {}}], "metrics": [{"podSelector": {}}],
                          "egress": [{"ports": [{"port": 443}]}]},
        "serviceAccount": {"annotations": {"a": "b"}},
        "extraEnv": [{"name": "RUST_LOG", "value": "info"}],
        "extraVolumes": [{"name": "tools", "configMap": {"name": "tools"}}],
        "extraVolumeMounts": [{"name": "tools", "mountPath": "/etc/osier-tools"}],
        "podAnnotations": {"a": "b"}, "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "a", "operator": "Exists"}], "affinity": {"nodeAffinity": {}},
        "service": {"annotations": {"a": "b"}},
    },
    "little": {"metrics": {"enabled": False}, "peers": {"enabled": False}, "networkPolicy": {"enabled": False}},
}
REFUSED = {
    "several replicas share a store": {"secrets": {"files": {"OSIER_STORE__URL_FILE": None}}},
    "set peers.networks": {"peers": {"networks": []}},
    "stay below terminationGracePeriodSeconds": {"drain": {"delay": 20}},
    "publicUrl": {"publicUrl": "http://osier.example.com"},
    "repository": {"image": {"repository": ""}},
    "tag": {"image": {"tag": "latest"}},
    "replica": {"replica": 3},
}


def merged(below, above):
    both = copy.deepcopy(below)
    for key, value in above.items():
        both[key] = merged(both[key], value) if isinstance(value, dict) and isinstance(both.get(key), dict) else value
    return both


def rendered(changes):
    values = merged(EXAMPLE, changes)
    chart = helm_python.Chart.load(CHART)
    chart.validate_schema(values)
    files = chart.render(values, name="osier", namespace="operations")
    parts = [part for name, text in files.items() if name.endswith(".yaml") for part in yaml.safe_load_all(text)]
    return [part for part in parts if part]


def kind(parts, name):
    return [part for part in parts if part["kind"] == name]


def helm_lints_it():
    report = helm_python.lint(CHART, EXAMPLE, strict=True)
    worse = [message for message in report["messages"] if message["severity"] > 1]
    assert not worse and not report["errors"], report
    return f"Helm {helm_python.helm_sdk_version()}"


def kubernetes_schemas_accept_it():
    count = 0
    for name, changes in VARIANTS.items():
        for part in rendered(changes):
            # The Prometheus operator's own kind.
            if part["kind"] == "ServiceMonitor":
                continue
            for release in RELEASES:
                try:
                    kubernetes_validate.validate(part, release, strict=True)
                except kubernetes_validate.ValidationError as fault:
                    raise AssertionError(f"{name}, {part['kind']}, {release}: {fault.message}") from fault
                count += 1
    return f"{count} objects and releases"


def every_template_comes_to_something():
    kinds = {part["kind"] for part in rendered(VARIANTS["everything"])}
    assert kinds == {"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy",
                     "PodDisruptionBudget", "Service", "ServiceAccount", "ServiceMonitor"}, kinds
    assert not kind(rendered(VARIANTS["one replica"]), "PodDisruptionBudget"), "it would hold a node's drain up"


def what_cannot_work_is_refused():
    for words, changes in REFUSED.items():
        try:
            rendered(changes)
        except helm_python.HelmError as fault:
            assert words in str(fault), f"{words}: {fault}"
        else:
            raise AssertionError(f"accepted: {changes}")


def the_pod_is_hardened():
    for name, changes in VARIANTS.items():
        spec = kind(rendered(changes), "Deployment")[0]["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        pod, own = spec["securityContext"], container["securityContext"]
        assert pod["runAsNonRoot"] and pod["runAsUser"] == pod["runAsGroup"] == pod["fsGroup"] == 65532, name
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert own == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                       "capabilities": {"drop": ["ALL"]}}, name
        assert spec["automountServiceAccountToken"] is False, name
        assert {"livenessProbe", "readinessProbe", "startupProbe"} <= container.keys(), name
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez", name
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz", name
        values = {one["name"]: one.get("value") for one in container["env"]}
        drain = int(values["OSIER_SERVER__DRAIN_DELAY"]) + int(values["OSIER_SERVER__SHUTDOWN_GRACE"])
        assert drain < spec["terminationGracePeriodSeconds"], name
        # Secrets are files, readable by the group alone; nothing but the audit's volume can be written.
        assert not any("secretKeyRef" in str(one) for one in container["env"]), name
        (secret,) = [volume["secret"] for volume in spec["volumes"] if "secret" in volume]
        assert secret["defaultMode"] == 0o440, name
        writable = [one["name"] for one in container["volumeMounts"] if not one.get("readOnly")]
        assert set(writable) <= {"audit", "tools"}, (name, writable)


def only_replicas_come_to_the_peers_port():
    (policy,) = kind(rendered({}), "NetworkPolicy")
    (rule,) = [one for one in policy["spec"]["ingress"] if one["ports"][0]["port"] == "peers"]
    assert rule["from"] == [{"podSelector": policy["spec"]["podSelector"]}], rule
    services = {one["metadata"]["name"]: one["spec"] for one in kind(rendered({}), "Service")}
    assert [port["name"] for port in services["osier"]["ports"]] == ["http"]
    assert services["osier-replicas"]["clusterIP"] == "None"


def osier_accepts_the_configuration():
    for name in ("as in the example", "one replica", "everything", "little"):
        parts = rendered(VARIANTS[name])
        container = kind(parts, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
        with tempfile.TemporaryDirectory() as place:
            config = os.path.join(place, "osier.toml")
            with open(config, "w") as file:
                file.write(kind(parts, "ConfigMap")[0]["data"]["osier.toml"])
            env = {one["name"]: one.get("value", "10.244.0.7") for one in container["env"]}
            env = {name: value.replace("$(POD_IP)", "10.244.0.7") for name, value in env.items()}
            env = {name: value.replace("/var/lib/osier", place) for name, value in env.items()}
            secrets = {
                "keys-current": subprocess.check_output(["openssl", "rand", "-base64", "32"], text=True),
                "client-secret": "a~secret",
                "store-url": "postgres://osier:x@db.example.com/osier?sslmode=verify-full",
            }
            for variable, value in env.items():
                if value.startswith("/run/secrets/osier/"):
                    env[variable] = os.path.join(place, variable)
                    with open(os.open(env[variable], os.O_CREAT | os.O_WRONLY, 0o640), "w") as file:
                        file.write(secrets[os.path.basename(value)])
            command = [os.environ["OSIER"], "check", "--config", config]
            told = subprocess.run(command, env=env, capture_output=True, text=True)
            assert told.returncode == 0, f"{name}: {told.stderr}"


failed = 0
for case in (helm_lints_it, kubernetes_schemas_accept_it, every_template_comes_to_something,
             what_cannot_work_is_refused, the_pod_is_hardened, only_replicas_come_to_the_peers_port,
             osier_accepts_the_configuration):
    try:
        said = case()
        print(f"chart: {case.__name__}: ok{f' ({said})' if said else ''}")
    except AssertionError as fault:
        failed += 1
        print(f"chart: {case.__name__}: failed: {fault}")
sys.exit(failed != 0)
