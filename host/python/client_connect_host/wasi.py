"""The WASI that languages drag in: there, and empty. No files, no environment, no input; clocks stand at the call's `now`,
random bytes are the same in every call, a sleep is over at once. What is not answered here, and every socket, is a trap."""

from wasmtime.component import ResourceHost, ResourceType

RESOURCES = {name: number for number, name in enumerate(
    ("pollable", "error", "input-stream", "output-stream", "terminal-input", "terminal-output", "descriptor",
     "directory-entry-stream"))}


def own(name):
    return ResourceHost.own(0, RESOURCES[name])


class Exit(Exception):
    """The plugin has ended itself."""


def answers(call):
    """What each function answers in this call, by its name."""

    def leave(*_):
        raise Exit("the plugin exits")

    return {
        "get-environment": lambda: [],
        "get-arguments": lambda: [],
        "initial-cwd": lambda: None,
        "get-directories": lambda: [],
        "exit": leave,
        "get-stdin": lambda: own("input-stream"),
        "get-stdout": lambda: own("output-stream"),
        "get-stderr": lambda: own("output-stream"),
        "get-terminal-stdin": lambda: None,
        "get-terminal-stdout": lambda: None,
        "get-terminal-stderr": lambda: None,
        "[method]output-stream.check-write": lambda _: 1 << 16,
        "[method]output-stream.write": lambda _, written: None,
        "[method]output-stream.blocking-write-and-flush": lambda _, written: None,
        "[method]output-stream.flush": lambda _: None,
        "[method]output-stream.blocking-flush": lambda _: None,
        "[method]output-stream.subscribe": lambda _: own("pollable"),
        "[method]input-stream.subscribe": lambda _: own("pollable"),
        "[method]pollable.block": lambda _: None,
        "[method]pollable.ready": lambda _: True,
        "poll": lambda asked: list(range(len(asked))),
        "wasi:clocks/wall-clock.now": lambda: {"seconds": call.now // 1000, "nanoseconds": call.now % 1000 * 1_000_000},
        "wasi:clocks/wall-clock.resolution": lambda: {"seconds": 0, "nanoseconds": 1_000_000},
        "wasi:clocks/monotonic-clock.now": lambda: call.now * 1_000_000,
        "wasi:clocks/monotonic-clock.resolution": lambda: 1_000_000,
        "subscribe-instant": lambda _: own("pollable"),
        "subscribe-duration": lambda _: own("pollable"),
        "get-random-bytes": lambda count: bytes(count),
        "get-random-u64": lambda: 4,
        "get-insecure-random-bytes": lambda count: bytes(count),
        "get-insecure-random-u64": lambda: 4,
        "insecure-seed": lambda: [4, 4],
    }


def define_resource(instance, name):
    """A resource of WASI: nothing stands behind it."""
    instance.add_resource(name, ResourceType.host(RESOURCES[name]), lambda store, rep: None)
