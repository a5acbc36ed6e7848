"""Goes through what docker-py does with a swarm: services, secrets, configs, nodes, logs, exec, events.

Usage: docker_py.py SOCKET. Ends with 0 and "ok" when every answer was as docker-py and its own tests expect.
"""

import sys
import time

import docker
from docker.errors import APIError, NotFound

client = docker.DockerClient(base_url=sys.argv[1], timeout=30)
api = client.api


def until(condition, what):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"not in time: {what}")


def raises(kind, work, text):
    try:
        work()
    except kind as error:
        assert text in str(error), f"{error} says nothing of {text}"
        return
    raise AssertionError(f"nothing was raised: {text}")


def running(service):
    return [task for task in service.tasks() if task["Status"]["State"] == "running" and task["DesiredState"] == "running"]


def system():
    assert client.ping()
    assert client.version()["ApiVersion"] == "1.41"
    info = client.info()
    assert info["Swarm"]["LocalNodeState"] == "active" and info["Swarm"]["ControlAvailable"]
    raises(APIError, lambda: client.swarm.init(), "This node is already part of a swarm")
    client.swarm.reload()
    attrs = client.swarm.attrs
    assert attrs["JoinTokens"]["Worker"].startswith("SWMTKN-1-")
    assert client.swarm.update(rotate_worker_token=True)
    client.swarm.reload()
    assert client.swarm.attrs["JoinTokens"]["Worker"] != attrs["JoinTokens"]["Worker"]
    assert api.get_unlock_key() == {"UnlockKey": ""}


def nodes():
    listed = client.nodes.list()
    assert len(listed) == 3
    assert len(client.nodes.list(filters={"role": "manager"})) == 1
    node = client.nodes.list(filters={"name": "n2"})[0]
    spec = dict(node.attrs["Spec"], Labels={"disk": "ssd"})
    node.update(spec)
    node.reload()
    assert node.attrs["Spec"] == spec
    raises(APIError, lambda: api.update_node(node.id, 1, spec), "update out of sequence")
    node.update(dict(spec, Labels={}))


def secrets_and_configs():
    for kind, is_config in ((client.secrets, False), (client.configs, True)):
        made = kind.create(name="py", data=b"secret value", labels={"a": "b"})
        assert kind.get(made.id).name == "py"
        assert [each.name for each in kind.list(filters={"name": ["py"]})] == ["py"]
        raises(APIError, lambda: kind.create(name="py", data=b"x"), "already exists")
        if is_config:
            assert made.id and kind.get(made.id).attrs["Spec"]["Data"] == "c2VjcmV0IHZhbHVl"
        else:
            assert "Data" not in kind.get(made.id).attrs["Spec"]
    driver = api.create_secret("driven", b"", driver=docker.types.DriverConfig("vault", {"a": "b"}))
    assert api.inspect_secret(driver)["Spec"]["Driver"] == {"Name": "vault", "Options": {"a": "b"}}
    assert api.remove_secret(driver)
    template = api.create_config("templated", b"x", templating={"name": "golang"})
    assert api.inspect_config(template)["Spec"]["Templating"]["Name"] == "golang"
    assert api.remove_config(template)


def services():
    secret, config = client.secrets.list()[0], client.configs.list()[0]
    service = client.services.create(
        "busybox:latest",
        ["sh", "-c", "cat /run/secrets/py /py; echo; echo to stderr >&2; sleep 1000"],
        name="py-web",
        labels={"a": "b"},
        env=["X=y"],
        mode=docker.types.ServiceMode("replicated", replicas=2),
        secrets=[docker.types.SecretReference(secret.id, secret.name)],
        configs=[docker.types.ConfigReference(config.id, config.name)],
        stop_grace_period=0,
        healthcheck=docker.types.Healthcheck(test=["NONE"]),
        restart_policy=docker.types.RestartPolicy("on-failure", max_attempts=1),
        endpoint_spec=docker.types.EndpointSpec(mode="vip"),
    )
    until(lambda: len(running(service)) == 2, "two tasks run")
    raises(APIError, lambda: secret.remove(), "is in use by the following service: py-web")
    spec = service.attrs["Spec"]
    assert spec["Mode"] == {"Replicated": {"Replicas": 2}}, spec["Mode"]
    assert "RollbackConfig" not in spec
    assert [each.name for each in client.services.list(filters={"name": "py-web"})] == ["py-web"]
    assert [each.id for each in client.services.list(filters={"label": ["a=b"]})] == [service.id]
    raises(NotFound, lambda: client.services.get("nobody"), "service nobody not found")

    until(lambda: b"secret value" in b"".join(service.logs(stdout=True)), "the log shows the secret and the config")
    assert b"to stderr" in b"".join(service.logs(stderr=True))
    assert b"com.docker.swarm.service.id" in b"".join(service.logs(stdout=True, details=True))
    # Which of the two streams the last line is of is a race, and the engine counts lines before it looks at the stream.
    lines = service.logs(stdout=True, follow=True, tail=10)
    assert b"secret value" in next(lines)

    for task in running(service):
        container = client.containers.get(task["Status"]["ContainerStatus"]["ContainerID"])
        code, output = container.exec_run("cat /run/secrets/py")
        assert (code, output) == (0, b"secret value")
        assert container.exec_run(["sh", "-c", "exit 3"]).exit_code == 3
        code, (out, err) = container.exec_run(["sh", "-c", "echo o; echo e >&2"], demux=True)
        assert (code, out, err) == (0, b"o\n", b"e\n")
        socket = container.exec_run("cat", socket=True, stdin=True).output
        socket._sock.sendall(b"typed\n")
        assert b"typed\n" in socket._sock.recv(100)
        socket.close()
        assert container.logs(tail=1)
        assert container.top()["Processes"]
        assert container.stats(stream=False)["id"] == container.id

    assert service.scale(1)
    until(lambda: len(running(service)) == 1, "one task runs")
    service.reload()
    before = service.version
    service.update(env=["X=z"], force_update=1, fetch_current_spec=True)
    service.reload()
    assert service.version > before
    assert service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"] == ["X=z"]
    assert service.attrs["PreviousSpec"]["TaskTemplate"]["ContainerSpec"]["Env"] == ["X=y"]
    stale = docker.types.TaskTemplate(docker.types.ContainerSpec("busybox:latest"))
    raises(APIError, lambda: api.update_service(service.id, 1, stale, name="py-web"), "update out of sequence")
    global_service = client.services.create("busybox:latest", "sleep 1000", name="py-global", mode="global", stop_grace_period=0)
    until(lambda: len(running(global_service)) == 3, "one task on each node runs")
    for each in (service, global_service):
        assert each.remove()
    until(lambda: not client.services.list(), "no service is left")
    until(lambda: not api.tasks(), "no task is left")
    secret.remove()
    config.remove()


def networks_and_events(since):
    network = client.networks.create("py-net", driver="overlay", attachable=True, scope="swarm")
    assert client.networks.get(network.id).attrs["Scope"] == "swarm"
    assert "py-net" in [each.name for each in client.networks.list()]
    network.remove()
    raises(NotFound, lambda: client.networks.get("py-net"), "not found")
    kinds = {(event["Type"], event["Action"]) for event in client.events(since=since, until=int(time.time()) + 1, decode=True)}
    for kind in ("service", "secret", "config", "network"):
        assert {(kind, "create"), (kind, "remove")} <= kinds, (kind, kinds)
    assert ("container", "start") in kinds


def engine():
    assert client.containers.run("busybox:latest", "echo hello", remove=True) == b"hello\n"
    assert client.images.get("busybox:latest").tags
    volume = client.volumes.create("py-volume")
    volume.remove()


started = int(time.time())
system()
nodes()
secrets_and_configs()
services()
networks_and_events(started)
engine()
print("ok")
