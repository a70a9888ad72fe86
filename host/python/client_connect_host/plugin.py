"""A loaded plugin: each call runs in a fresh instance, within limits, over the floor of one transaction."""

import hashlib
import threading
import time

from wasmtime import Config, Engine, Store, WasmtimeError
from wasmtime import component as wasm
from wasmtime.component import _types as types

from . import wasi
from .floor import Floor
from .values import HostError, lift, lower

LINE = "@0.1.0"
MEMORY, SECONDS, HOST_CALLS = 64 << 20, 5, 2_000


class Unfit(Exception):
    """No plugin of this contract."""


class Broken(Exception):
    """The call broke off: a trap, a limit, or the host's own fault. Nothing of it is kept."""


class Refused(Exception):
    """The plugin says no, in its own words."""

    def __init__(self, refusal):
        super().__init__(str(refusal))
        self.refusal = refusal


class Plugin:
    def __init__(self, file):
        with open(file, "rb") as opened:
            component = opened.read()
        self.sha256 = hashlib.sha256(component).hexdigest()
        config = Config()
        config.epoch_interruption = True
        self.engine = Engine(config)
        try:
            self.component = wasm.Component(self.engine, component)
        except WasmtimeError as error:
            raise Unfit(str(error)) from error
        whole = self.component.type
        self.imports = self._functions(whole.imports(self.engine))
        self.exports = self._functions(whole.exports(self.engine))
        self._check()
        threading.Thread(target=self._tick, daemon=True).start()
        self.about = self.call("about.describe", None, {})

    def _functions(self, interfaces):
        """The functions of each interface, with their types, and the names of its resources."""
        return {
            name: {item: extern.ty for item, extern in interface.ty.exports(self.engine).items()}
            for name, interface in interfaces.items()
            if isinstance(interface.ty, types.ComponentInstanceType)
        }

    def _check(self):
        """Imports nothing but the contract and WASI, and exports all of the contract, in this version."""
        for name in self.imports:
            if not (name.startswith("client-connect:plugin/") and name.endswith(LINE) or name.startswith("wasi:")):
                raise Unfit(f"it wants {name}, which this host does not lend")
        for name in ("about", "access", "sharing", "notifications", "portal", "events", "letters"):
            if f"client-connect:plugin/{name}{LINE}" not in self.exports:
                raise Unfit(f"it does not export {name}{LINE}")

    def _tick(self):
        while True:
            time.sleep(0.1)
            self.engine.increment_epoch()

    def call(self, export, floor, args):
        """Calls `interface.function`. The floor is the transaction's; without one, every import is refused."""
        interface, _, function = export.partition(".")
        name = f"client-connect:plugin/{interface}{LINE}"
        ty = self.exports[name].get(function)
        if not isinstance(ty, types.FuncType):
            raise Broken(f"the plugin does not export {export}")
        floor = floor or Floor(None, "host", 0, None)
        store = Store(self.engine)
        store.set_limits(memory_size=MEMORY, table_elements=10_000, instances=10, memories=1, tables=10)
        store.set_epoch_deadline(SECONDS * 10)
        try:
            instance = self._linker(floor).instantiate(store, self.component)
            index = instance.get_export_index(store, function, instance.get_export_index(store, name))
            params = [lower(param, args[key]) for key, param in ty.params]
            answer = lift(ty.result, instance.get_func(store, index)(store, *params))
        except (WasmtimeError, wasi.Exit, OverflowError, MemoryError) as error:
            raise Broken(str(error)) from error
        if not isinstance(answer, dict) or set(answer) - {"ok", "err"}:
            return answer
        if "err" in answer:
            raise Refused(answer["err"])
        return answer["ok"]

    def _linker(self, floor):
        linker = wasm.Linker(self.engine)
        empty = wasi.answers(floor)
        with linker.root() as root:
            for interface, items in self.imports.items():
                with root.add_instance(interface) as instance:
                    for name, ty in items.items():
                        if isinstance(ty, wasm.ResourceType):
                            wasi.define_resource(instance, name)
                        elif isinstance(ty, types.FuncType):
                            plain = interface.split("@")[0]
                            if plain.startswith("wasi:"):
                                work = empty.get(f"{plain}.{name}") or empty.get(name)
                            else:
                                work = getattr(floor, name.replace("-", "_"))
                            instance.add_func(name, _guarded(floor, name, work, ty))
        return linker


def _guarded(floor, name, work, ty):
    """An import as the component calls it: counted, with plain values, and errors in the contract's words."""
    takes, gives = [param for _, param in ty.params], ty.result

    def run(store, *args):
        floor.calls += 1
        if floor.calls > HOST_CALLS:
            raise WasmtimeError("more imports than one call may use")
        if work is None:
            raise WasmtimeError(f"{name} is not lent")
        try:
            answer = work(*(lift(param, arg) for param, arg in zip(takes, args)))
        except HostError as error:
            answer = error
        return None if gives is None else lower(gives, answer)

    return run
