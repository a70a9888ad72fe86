//! The types of the host in Node are the contract's, as plain JSON: `host/node/src/contract.d.ts` is made of `wit/`, and this
//! fails when it is not what they say. `TYPES=write cargo test --test types` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, fs, path::PathBuf};

use wit_parser::{Docs, Function, PackageId, Resolve, Type, TypeDefKind, TypeId};

const BEGINNING: &str = "\
// Made of the contract in wit/, and not by hand: `TYPES=write cargo test --test types`.
//
// Plain JSON, under the names of the WIT: an option is a value or null, a case without a payload its name, and one with a
// payload an object with that one key. Times are milliseconds since the Unix epoch.

";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_types_for_node_are_the_contracts() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let made = contract(&resolve, package);
    let file = root().join("host/node/src/contract.d.ts");
    if std::env::var_os("TYPES").is_some_and(|wish| wish == "write") {
        fs::write(&file, &made).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == made, "the contract has changed: TYPES=write cargo test --test types");
}

fn contract(resolve: &Resolve, package: PackageId) -> String {
    let mut out = BEGINNING.to_owned();
    let mut calls = String::new();
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        for (_, id) in &interface.types {
            declare(resolve, *id, &mut out);
        }
        let first = |function: &Function| function.params.first().map(|param| param.name == "ctx");
        for function in interface.functions.values().filter(|function| first(function) == Some(true)) {
            docs(&function.docs, "  ", &mut calls);
            let args: Vec<String> = function.params[1..]
                .iter()
                .map(|param| format!("{}: {}", key(&param.name), of(resolve, &param.ty)))
                .collect();
            let args = if args.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", args.join("; ")) };
            let answer =
                function.result.as_ref().map_or_else(|| "null".to_owned(), |answer| answer_of(resolve, answer));
            writeln!(calls, "  '{name}.{}': {{ args: {args}; answer: {answer} }}", function.name).unwrap();
        }
    }
    write!(out, "/** Every call: what it takes beside the caller, and what it answers. What it refuses is thrown. */\nexport interface Calls {{\n{calls}}}\n").unwrap();
    out
}

/// A call's answer: what it refuses is no part of it.
fn answer_of(resolve: &Resolve, answer: &Type) -> String {
    if let Type::Id(id) = answer
        && let TypeDefKind::Result(result) = &resolve.types[*id].kind
    {
        return result.ok.as_ref().map_or_else(|| "null".to_owned(), |ok| of(resolve, ok));
    }
    of(resolve, answer)
}

fn declare(resolve: &Resolve, id: TypeId, out: &mut String) {
    let ty = &resolve.types[id];
    let Some(name) = &ty.name else { return };
    let name = title(name);
    // Used here, and declared where it comes from.
    if matches!(&ty.kind, TypeDefKind::Type(Type::Id(other)) if resolve.types[*other].name == ty.name) {
        return;
    }
    docs(&ty.docs, "", out);
    match &ty.kind {
        TypeDefKind::Record(record) => {
            writeln!(out, "export interface {name} {{").unwrap();
            for field in &record.fields {
                docs(&field.docs, "  ", out);
                writeln!(out, "  {}: {}", key(&field.name), of(resolve, &field.ty)).unwrap();
            }
            out.push_str("}\n\n");
        }
        TypeDefKind::Variant(variant) => {
            writeln!(out, "export type {name} =").unwrap();
            for case in &variant.cases {
                docs(&case.docs, "  ", out);
                match &case.ty {
                    None => writeln!(out, "  | '{}'", case.name).unwrap(),
                    Some(payload) => writeln!(out, "  | {{ {}: {} }}", key(&case.name), of(resolve, payload)).unwrap(),
                }
            }
            out.push('\n');
        }
        TypeDefKind::Enum(choice) => {
            writeln!(out, "export type {name} =").unwrap();
            for case in &choice.cases {
                docs(&case.docs, "  ", out);
                writeln!(out, "  | '{}'", case.name).unwrap();
            }
            out.push('\n');
        }
        TypeDefKind::Type(other) => writeln!(out, "export type {name} = {}\n", of(resolve, other)).unwrap(),
        TypeDefKind::List(item) => writeln!(out, "export type {name} = {}\n", list(resolve, item)).unwrap(),
        other => panic!("{name} is {}, which has no plain form yet", other.as_str()),
    }
}

fn of(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".to_owned(),
        Type::String | Type::Char => "string".to_owned(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => {
            "number".to_owned()
        }
        Type::Id(id) => {
            let ty = &resolve.types[*id];
            match (&ty.name, &ty.kind) {
                (Some(name), _) => title(name),
                (None, TypeDefKind::Option(some)) => format!("{} | null", of(resolve, some)),
                (None, TypeDefKind::List(item)) => list(resolve, item),
                (None, TypeDefKind::Tuple(tuple)) => {
                    format!("[{}]", tuple.types.iter().map(|part| of(resolve, part)).collect::<Vec<_>>().join(", "))
                }
                (None, other) => panic!("{} has no plain form yet", other.as_str()),
            }
        }
        other => panic!("{other:?} has no plain form yet"),
    }
}

fn list(resolve: &Resolve, item: &Type) -> String {
    let item = of(resolve, item);
    if item.contains(" | ") { format!("({item})[]") } else { format!("{item}[]") }
}

fn docs(docs: &Docs, indent: &str, out: &mut String) {
    let Some(text) = &docs.contents else { return };
    let lines: Vec<&str> = text.trim().lines().collect();
    match &lines[..] {
        [line] => writeln!(out, "{indent}/** {line} */").unwrap(),
        lines => {
            writeln!(out, "{indent}/**").unwrap();
            for line in lines {
                writeln!(out, "{indent} * {}", line.trim()).unwrap();
            }
            writeln!(out, "{indent} */").unwrap();
        }
    }
}

/// `matter-id` as a type's name.
fn title(name: &str) -> String {
    name.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

/// A name as a key: quoted where JavaScript wants it to be.
fn key(name: &str) -> String {
    if name.contains('-') { format!("'{name}'") } else { name.to_owned() }
}
