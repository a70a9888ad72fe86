//! `verify`, `backup` and `restore`: the records and the documents' bytes as a whole.

use std::path::PathBuf;

use super::{
    Stop, exit,
    records::{now, store_failed},
};
use crate::{
    app,
    config::Config,
    store::{backup, restore, verify},
};

/// Proves that records, documents and audit log agree.
pub(super) fn verify(config: &Config) -> Result<u8, Stop> {
    let store = app::open_existing(config)?;
    // Reading bytes may need threads of its own, for a store over the network.
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Stop::failed("no threads to work with", error))?;
    let _entered = runtime.enter();
    let blobs = app::open_blobs(config)?;
    let settings = verify::Settings { noted: &[], folder: config.documents.folder(), now: now() };
    let findings = verify::verify(&store, &blobs, &settings).map_err(store_failed)?;
    let mut holds = true;
    for finding in &findings {
        holds &= finding.holds();
        let verdict = if finding.holds() { "holds" } else { "FAILS" };
        println!("{verdict}  {}  {} ({} checked)", finding.invariant, finding.promise, finding.checked);
        if !finding.holds() {
            println!("       {} wrong: {}", finding.wrong, finding.named.join("; "));
        }
        if let Some(note) = &finding.note {
            println!("       {note}");
        }
    }
    Ok(if holds { exit::OK } else { exit::FAILED })
}

/// Writes a backup into a new folder.
pub(super) fn backup(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let Some(folder) = args.get_one::<PathBuf>("dir") else {
        return Err(Stop::new(exit::USAGE, "no folder is named", "", ""));
    };
    let store = app::open_existing(config)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Stop::failed("no threads to work with", error))?;
    let _entered = runtime.enter();
    let blobs = app::open_blobs(config)?;
    let manifest = backup::backup(&store, &blobs, folder, now()).map_err(|error| {
        let hint = match error {
            backup::BackupError::Elsewhere => "pg_dump, or the backups of whoever runs it",
            backup::BackupError::NotEmpty(_) => "name a folder that is not there yet",
            _ => "check its rights, and the room on its disk",
        };
        Stop::new(exit::FAILED, "there is no backup", error.to_string(), hint)
    })?;
    println!("{} contents, {} bytes, in {}", manifest.contents, manifest.bytes, folder.display());
    if !manifest.missing.is_empty() {
        let cause = format!("{} contents are missing, the first {}", manifest.missing.len(), manifest.missing[0]);
        return Err(Stop::new(exit::FAILED, "the backup is not whole", cause, "run `client-connect verify`"));
    }
    Ok(exit::OK)
}

/// Makes a backup the records and documents of this host.
pub(super) fn restore(config: &Config, args: &clap::ArgMatches) -> Result<u8, Stop> {
    let Some(from) = args.get_one::<PathBuf>("dir") else {
        return Err(Stop::new(exit::USAGE, "no folder is named", "", ""));
    };
    if config.postgres.is_some() {
        let hint = "leave database.url away, and look at what was restored by `client-connect verify`";
        return Err(Stop::new(exit::USAGE, "a backup can only be restored into a folder", "database.url is set", hint));
    }
    let Some(documents) = config.documents.folder() else {
        let hint = "restore into a folder, and copy its documents into the bucket";
        return Err(Stop::new(
            exit::USAGE,
            "a backup can only be restored into folders",
            "documents.bucket is set",
            hint,
        ));
    };
    let journal = (!args.get_flag("without-revocations")).then_some(config.revocations.as_path());
    let to = restore::To { data: &config.data_dir, documents };
    let restored = restore::restore(from, to, journal, now()).map_err(|error| {
        let hint = match &error {
            restore::RestoreError::Occupied(_) => "name another --data-dir, or move what is there away",
            restore::RestoreError::File { path, .. } if path == &config.revocations => {
                "name the file with --revocations; if it is lost, say --without-revocations, and look through who has access"
            }
            _ => "check the backup, the folder's rights, and the room on its disk",
        };
        Stop::new(exit::FAILED, "nothing is restored", error.to_string(), hint)
    })?;
    println!(
        "restored; {} that was taken away since the backup stays away; {} mails that waited then are not sent; everybody signs in anew",
        restored.kept_away, restored.unsent
    );
    match &restored.plugin {
        Some(hash) => println!("the plugin of that time runs: {hash}; `client-connect plugin set` keeps another one"),
        None => println!("no plugin was kept then: the host runs that of its settings, or its own"),
    }
    if restored.unreadable > 0 {
        println!("{} lines of {} could not be read", restored.unreadable, config.revocations.display());
    }
    Ok(exit::OK)
}
