//! Commands over the records: the audit log's proof, and users.

use std::{
    io::Read,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use client_connect_runtime::{
    backend::Mode,
    types::{HostError, Timestamp},
};

use super::{Stop, exit};
use crate::{
    app,
    config::Config,
    store::{
        SqliteTx,
        audit::{
            self, By, Head, Row,
            checkpoint::{self, Signer, Verifier},
        },
        firms, names, new_id, users,
    },
    web::{Problem, password, sign_in::account},
};

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn store_failed(error: HostError) -> Stop {
    Problem::from(error).into()
}

/// Proves every firm's chain, and prints its head.
pub(super) fn audit_verify(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let args = args.subcommand().map_or(args, |(_, inner)| inner);
    let mut noted =
        args.get_many::<String>("head").into_iter().flatten().map(|head| noted(head)).collect::<Result<Vec<_>, _>>()?;
    noted.extend(checkpoints(config, args)?);
    let store = app::open_existing(config)?;
    let tx = store.begin_own(Mode::Read, now()).map_err(store_failed)?;
    let firms = firms::list(&tx).map_err(store_failed)?;
    if let Some(head) = noted.iter().find(|head| firms.iter().all(|firm| firm.id != head.firm)) {
        let cause = format!("there is no firm {}", head.firm);
        return Err(Stop::new(exit::FAILED, "the audit log is not whole", cause, "check --head and --checkpoint"));
    }
    for firm in &firms {
        let noted: Vec<&Head> = noted.iter().filter(|head| head.firm == firm.id).collect();
        let proof = audit::verify(&tx, &firm.id, &noted).map_err(store_failed)?.map_err(|broken| {
            Stop::new(
                exit::FAILED,
                "the audit log is not whole",
                broken.to_string(),
                "keep the file as it is, and compare it with a backup",
            )
        })?;
        let head = proof
            .head
            .map_or_else(|| format!("{}:0:", firm.id), |head| format!("{}:{}:{}", head.firm, head.seq, head.hash));
        let held = match noted.len() {
            0 => String::new(),
            1 => ", 1 head that was noted".to_owned(),
            many => format!(", {many} heads that were noted"),
        };
        println!("{head}  {} rows, {} erased{held}, {}", proof.rows, proof.erased, firm.name);
    }
    Ok(exit::OK)
}

/// The heads of the lists of checkpoints that are named, each signed by the key that is named, or by this host's own.
fn checkpoints(config: &Config, args: &clap::ArgMatches) -> Result<Vec<Head>, Stop> {
    let files: Vec<&PathBuf> = args.get_many("checkpoint").into_iter().flatten().collect();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let verifier = match args.get_one::<String>("key") {
        Some(key) => Verifier::read(key).map_err(|error| {
            Stop::new(exit::USAGE, "the key cannot be used", error.to_string(), "as `audit checkpoint` prints it")
        })?,
        // Read, never made: a new key has signed nothing.
        None => std::fs::read_to_string(config.audit_key())
            .map_err(|error| error.to_string())
            .and_then(|text| Signer::read(&text).map_err(|error| error.to_string()))
            .map_err(|cause| Stop::new(exit::CONFIG, "there is no key to verify with", cause, "name it with --key"))?
            .verifier(),
    };
    let mut heads = Vec::new();
    for file in files {
        let failed = |cause: String| {
            let what = format!("the checkpoints in {} prove nothing", file.display());
            Stop::new(exit::FAILED, what, cause, "compare them with another copy of the list")
        };
        let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        heads.extend(checkpoint::read(&text, &verifier).map_err(|error| failed(error.to_string()))?);
    }
    Ok(heads)
}

/// Prints a checkpoint of each firm's chain as it is now, and the key to verify them with.
pub(super) fn audit_checkpoint(config: &Config) -> Result<u8, Stop> {
    let store = app::open_existing(config)?;
    let signer = crate::checkpoints::signer(&config.audit_key()).map_err(|error| {
        Stop::new(exit::CONFIG, "there is no key to sign with", error.to_string(), "check audit.key")
    })?;
    println!("{}{}", checkpoint::KEY, signer.verifier());
    for head in crate::checkpoints::heads(&store, now()).map_err(store_failed)? {
        print!("\n{}", signer.sign(&head));
    }
    Ok(exit::OK)
}

/// A head as [`audit_verify`] prints it.
fn noted(text: &str) -> Result<Head, Stop> {
    let mut parts = text.splitn(3, ':');
    let head = (|| {
        let (firm, seq, hash) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Head { firm: firm.to_owned(), seq, at: 0, hash: hash.to_owned() })
    })();
    head.ok_or_else(|| {
        Stop::new(exit::USAGE, format!("{text:?} is no head"), "", "FIRM:SEQ:HASH, as `audit verify` prints it")
    })
}

/// Adds a user; with a name that no firm has yet, their firm too.
pub(super) fn user_add(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let args = args.subcommand().map_or(args, |(_, inner)| inner);
    let word =
        |name: &str| args.get_one::<String>(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut password = String::new();
    std::io::stdin()
        .take(4 * password::LONGEST as u64)
        .read_to_string(&mut password)
        .map_err(|error| Stop::failed("the password cannot be read", error))?;
    let phc = password::hash(password.trim_end_matches(['\r', '\n']))
        .map_err(|cause| Stop::new(exit::USAGE, "this password will not do", cause, "give another one on stdin"))?;
    let store = app::open_store(config)?;
    let at = now();
    let tx = store.begin_own(Mode::Write, at).map_err(store_failed)?;
    let firm = firm_of(&tx, word("firm"), word("sender"))?;
    let user = users::User {
        id: new_id(),
        firm,
        name: word("name").unwrap_or_default(),
        email: word("email").unwrap_or_default(),
        active: true,
        admin: args.get_flag("admin"),
        locale: word("locale").unwrap_or_else(|| "en".to_owned()),
        created_at: at,
    };
    users::create(&tx, &user, Some(&phc)).map_err(|error| match error {
        HostError::Conflict(_) => {
            Stop::new(exit::FAILED, "there is a user with this address", "", "use another address")
        }
        HostError::Invalid(_) => {
            Stop::new(exit::USAGE, "this is no address", "", "use an address like ann@example.com")
        }
        error => store_failed(error),
    })?;
    let row = Row::new(at, By::Host, "user.added").detail("user", user.id.as_str()).detail("admin", user.admin);
    audit::append(&tx, &user.firm, &row).map_err(store_failed)?;
    tx.commit().map_err(|error| Stop::failed("the user was not added", error))?;
    println!("{}", user.id);
    Ok(exit::OK)
}

/// Takes a user's second factor away: also where no administrator is left who could.
pub(super) fn remove_second_factor(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let args = args.subcommand().map_or(args, |(_, inner)| inner);
    let email = args.get_one::<String>("email").map_or("", |text| text.trim());
    let store = app::open_existing(config)?;
    let at = now();
    let tx = store.begin_own(Mode::Write, at).map_err(store_failed)?;
    let key = names::email_key(email).unwrap_or_default();
    let Some((user, _)) = users::by_email_key(&tx, &key).map_err(store_failed)? else {
        return Err(Stop::new(exit::FAILED, "there is no user with this address", "", "see the firm's settings"));
    };
    let row = Row::new(at, By::Host, "second-factor.removed").detail("user", user.id.as_str());
    if !account::take_away(&tx, &user, &row, at)? {
        return Err(Stop::new(exit::FAILED, "this user has no second factor", "", ""));
    }
    tx.commit().map_err(|error| Stop::failed("the second factor was not taken away", error))?;
    Ok(exit::OK)
}

/// The firm of this name or id, or a new one of this name.
fn firm_of(tx: &SqliteTx, named: Option<String>, sender: Option<String>) -> Result<String, Stop> {
    let firms = firms::list(tx).map_err(store_failed)?;
    let Some(name) = named else {
        return match firms.as_slice() {
            [only] => Ok(only.id.clone()),
            [] => Err(Stop::new(exit::USAGE, "there is no firm yet", "", "name one with --firm and --sender")),
            _ => Err(Stop::new(exit::USAGE, "there are several firms", "", "name one with --firm")),
        };
    };
    if let Some(firm) = firms.iter().find(|firm| firm.id == name || firm.name == name) {
        return Ok(firm.id.clone());
    }
    let Some(sender) = sender else {
        return Err(Stop::new(
            exit::USAGE,
            format!("there is no firm {name:?} yet"),
            "",
            "with --sender ADDRESS it is added",
        ));
    };
    let firm = firms::Firm {
        id: new_id(),
        name,
        enabled: true,
        fallback_user: None,
        sender,
        mail_hold: 120,
        watermark: true,
        when_closed: "read-only".to_owned(),
        attributes: Vec::new(),
    };
    firms::create(tx, &firm).map_err(store_failed)?;
    Ok(firm.id)
}
