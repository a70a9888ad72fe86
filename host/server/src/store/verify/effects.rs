//! The audit adds up: what it says was changed, all of it in order, is what stands in the tables.

use std::collections::{BTreeMap, BTreeSet};

use client_connect_runtime::{backend::Effect, types::HostError};

use super::Finding;
use crate::store::{
    SqliteTx,
    audit::{BULK, Fold},
    driver::OptionalExtension,
    sql::Host,
    tx::{SHARES_OF_MATTER, grants, share_row, watchers},
};

pub(super) fn accounted(tx: &SqliteTx) -> Result<Finding, HostError> {
    let mut finding = Finding::new("INV-6", "the grants, shares and watchers are what the audit adds up to");
    let mut told: BTreeMap<String, Fold> = BTreeMap::new();
    let mut bulk = BTreeSet::new();
    {
        let mut select = tx
            .conn()
            .prepare(
                "SELECT firm, seq, matter, action, body FROM audit WHERE action IN ('call', ?1) ORDER BY firm, seq",
            )
            .host()?;
        let mut rows = select.query([BULK]).host()?;
        while let Some(row) = rows.next().host()? {
            let matter: Option<String> = row.get(2).host()?;
            let (action, body): (String, Option<String>) = (row.get(3).host()?, row.get(4).host()?);
            let matter = matter.unwrap_or_default();
            if action == BULK {
                bulk.insert(matter);
                continue;
            }
            let read = body.is_some_and(|body| told.entry(matter).or_default().take(&body));
            if !read {
                let (firm, seq): (String, i64) = (row.get(0).host()?, row.get(1).host()?);
                finding.fault(format!("audit row {seq} of firm {firm} does not tell what its call changed"));
            }
        }
    }
    let matters: Vec<String> = tx
        .conn()
        .prepare(
            "SELECT id FROM matters UNION SELECT matter FROM grants UNION SELECT matter FROM shares UNION SELECT matter FROM watchers",
        )
        .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
        .host()?;
    for matter in matters {
        // Calls that came before or after are accounted for as little as the rest of it.
        let must = told.remove(&matter).unwrap_or_default();
        if bulk.contains(&matter) {
            continue;
        }
        compare(tx, &mut finding, &matter, &must, &is(tx, &matter)?)?;
    }
    for (matter, must) in told {
        compare(tx, &mut finding, &matter, &must, &Fold::default())?;
    }
    if !bulk.is_empty() {
        finding.note = Some(format!("{} matters were filled in bulk and are not accounted for", bulk.len()));
    }
    Ok(finding)
}

fn is(tx: &SqliteTx, matter: &str) -> Result<Fold, HostError> {
    let mut fold = Fold::default();
    let id = matter.to_owned();
    for grant in grants(tx, &id, None)? {
        fold.hold(&Effect::Grant(grant));
    }
    fold.hold(&Effect::Watchers(watchers(tx, &id)?));
    let mut select = tx.conn().prepare_cached(SHARES_OF_MATTER).host()?;
    for share in select.query_map([matter], share_row).host()? {
        fold.hold(&Effect::Share(share.host()?));
    }
    Ok(fold)
}

fn compare(tx: &SqliteTx, finding: &mut Finding, matter: &str, must: &Fold, is: &Fold) -> Result<(), HostError> {
    finding.checked += u64::try_from(is.grants.len() + is.shares.len()).unwrap_or(u64::MAX);
    for contact in must.grants.keys().chain(is.grants.keys()).collect::<BTreeSet<_>>() {
        if must.grants.get(contact) != is.grants.get(contact) {
            finding.fault(format!("the grant of contact {contact} in matter {matter}"));
        }
    }
    for pair in must.shares.keys().chain(is.shares.keys()).collect::<BTreeSet<_>>() {
        // A document that was purged has taken its shares with it.
        let gone = || -> Result<bool, HostError> {
            let there = tx
                .conn()
                .prepare_cached("SELECT 1 FROM documents WHERE id = ?1")
                .and_then(|mut found| found.query_row([&pair.0], |_| Ok(())).optional())
                .host()?;
            Ok(there.is_none() && !is.shares.contains_key(pair))
        };
        if must.shares.get(pair) != is.shares.get(pair) && !gone()? {
            finding.fault(format!("the share of document {} with contact {} in matter {matter}", pair.0, pair.1));
        }
    }
    if must.watchers != is.watchers {
        finding.fault(format!("the watchers of matter {matter}"));
    }
    Ok(())
}

pub(super) fn told(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-5", "every notice comes from a call that the audit knows").of(tx, "SELECT count(*) FROM notices")?.faults(
        tx,
        "SELECT 'notice', n FROM notices WHERE (matter, call) NOT IN (SELECT matter, call FROM audit WHERE action = 'call' AND matter IS NOT NULL)",
        &[],
    )
}

/// A call whose row does not say how many there were has made none, or is from before rows said so.
pub(super) fn all_told(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-4", "every notice that a call made is there, once for each recipient")
        .of(tx, "SELECT count(*) FROM audit WHERE action = 'call'")?
        .faults(
            tx,
            "WITH kept AS (SELECT call, count(*) AS notices FROM notices GROUP BY call)
             SELECT 'call', a.call FROM audit a LEFT JOIN kept k ON k.call = a.call
             WHERE a.action = 'call' AND CAST(json_extract(a.body, '$.notices') AS BIGINT) <> coalesce(k.notices, 0)",
            &[],
        )?
        .faults(
            tx,
            "SELECT 'notices of one key', min(n) FROM notices GROUP BY matter, recipient_kind, recipient, channel, key
             HAVING count(*) > 1",
            &[],
        )
}
