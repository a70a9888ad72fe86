"""The contract's values as plain Python, led by the component's own types.

A record is a dict with the names of the WIT, a variant `{"case": payload}` or the case's name alone, an option the value or
None, a list a list, a tuple a list. The same shapes are JSON in the conformance kit.
"""

from wasmtime import component as wasm
from wasmtime.component import _types as types


class HostError(Exception):
    """How an import fails, in the contract's words: `invalid`, `not-found`, `conflict`, `limit-exceeded`, `other` …"""

    def __init__(self, kind, message=""):
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


def lift(ty, value):
    """A value that came out of the component, in plain Python."""
    match ty:
        case types.RecordType():
            return {name: lift(field, getattr(value, name)) for name, field in ty.fields}
        case types.ListType():
            return value if isinstance(value, bytes) else [lift(ty.element, item) for item in value]
        case types.TupleType():
            return [lift(element, item) for element, item in zip(ty.elements, value)]
        case types.OptionType():
            value = value.payload if ty._tagged() else value
            return None if value is None else lift(ty.payload, value)
        case types.ResultType():
            failed = value.tag == "err" if ty._tagged() else isinstance(value, wasm.Variant)
            value = value.payload if ty._tagged() else value
            payload = ty.err if failed else ty.ok
            return {"err" if failed else "ok": None if payload is None else lift(payload, value)}
        case types.VariantType():
            cases = dict(ty.cases)
            payload = cases[value.tag]
            return value.tag if payload is None else {value.tag: lift(payload, value.payload)}
    return value


def lower(ty, value):
    """Plain Python, as the component takes it."""
    match ty:
        case types.RecordType():
            record = wasm.Record()
            for name, field in ty.fields:
                setattr(record, name, lower(field, value[name]))
            return record
        case types.ListType():
            return value if isinstance(value, bytes) else [lower(ty.element, item) for item in value]
        case types.TupleType():
            return tuple(lower(element, item) for element, item in zip(ty.elements, value))
        case types.OptionType():
            return None if value is None else lower(ty.payload, value)
        case types.ResultType():
            failed = isinstance(value, HostError)
            payload = ty.err if failed else ty.ok
            value = {value.kind: value.message} if failed else value
            value = None if payload is None else lower(payload, value)
            return wasm.Variant("err" if failed else "ok", value) if ty._tagged() else value
        case types.VariantType():
            tag, inner = next(iter(value.items())) if isinstance(value, dict) else (value, None)
            payload = dict(ty.cases)[tag]
            inner = None if payload is None else lower(payload, inner)
            return wasm.Variant(tag, inner) if ty._tagged() else inner
    return value
