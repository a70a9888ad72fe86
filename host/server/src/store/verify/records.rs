//! Checks within the database: documents and versions, the outbox, counts and copies, sign-in, the file itself.

use client_connect_runtime::types::{HostError, Timestamp};

use super::Finding;
use crate::store::{
    SqliteTx,
    inbox::UNDELIVERED,
    names::{email_key, fold, sort_key},
    pages, plugin,
    sql::{Host, ms},
};

/// The longest time that a letter waits for its next try: four hours, and up to a tenth.
const NEXT_TRY: u64 = 5 * 60 * 60 * 1_000;
/// The longest time that a firm's mails are held.
const HOLD: u64 = 24 * 60 * 60 * 1_000;
/// The longest life of a sign-in under way.
const SIGN_IN: u64 = 15 * 60 * 1_000;

pub(super) fn documents(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-2", "every document is its last version, and none of its versions is missing or shares its bytes")
        .of(tx, "SELECT count(*) FROM documents")?
        .faults(
            tx,
            "SELECT 'document', d.id FROM documents d LEFT JOIN versions v ON v.document = d.id AND v.version = d.version
             WHERE v.document IS NULL OR (v.blob, v.size, v.sha256, v.media_type) <> (d.blob, d.size, d.sha256, d.media_type)
                OR d.version <> (SELECT count(*) FROM versions WHERE document = d.id)
                OR d.version <> (SELECT max(version) FROM versions WHERE document = d.id)",
            &[],
        )?
        .faults(tx, "SELECT 'blob', blob FROM versions GROUP BY blob HAVING count(*) > 1", &[])
}

pub(super) fn notices(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-4", "every notice waits for its time, or is in one letter to its recipient")
        .of(tx, "SELECT count(*) FROM notices")?
        .faults(
            tx,
            "SELECT 'notice', n.n FROM notices n LEFT JOIN letters l ON l.id = n.letter
             WHERE n.due_at < n.created_at OR n.due_at > n.created_at + ?1 OR json_valid(n.documents) = 0
                OR (n.letter IS NOT NULL AND (l.id IS NULL OR l.purpose <> 'notices' OR l.firm <> n.firm
                    OR l.recipient_kind <> n.recipient_kind OR l.recipient <> n.recipient OR l.channel <> n.channel))",
            &[&ms(HOLD)],
        )
}

pub(super) fn letters(tx: &SqliteTx, now: Timestamp) -> Result<Finding, HostError> {
    Finding::new("INV-4", "every letter has gone, was dropped or given up, or is tried again within hours")
        .of(tx, "SELECT count(*) FROM letters")?
        .faults(
            tx,
            "SELECT 'letter', id, state FROM letters
             WHERE state NOT IN ('waiting', 'sending', 'sent', 'dropped', 'dead') OR (state = 'sent') <> (sent_at IS NOT NULL)
                OR (state IN ('waiting', 'sending') AND next_at > ?1) OR (state = 'sending' AND lease_until IS NULL)
                OR (purpose = 'code' AND state = 'sent' AND body IS NOT NULL)",
            &[&ms(now.saturating_add(NEXT_TRY))],
        )
}

/// Of a matter that nobody owns nobody can be told.
pub(super) fn given_up(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-4", "staff are told of every letter that could not be delivered")
        .of(tx, "SELECT count(*) FROM letters WHERE state = 'dead'")?
        .faults(
            tx,
            "SELECT DISTINCT 'letter', l.id FROM letters l
             JOIN notices n ON n.letter = l.id JOIN matters m ON m.id = n.matter JOIN users u ON u.id = m.owner AND u.active = 1
             WHERE l.state = 'dead' AND NOT EXISTS (
                 SELECT 1 FROM inbox i WHERE i.matter = n.matter AND i.created_at >= l.created_at AND substr(i.text, 1, length(?1)) = ?1)",
            &[&UNDELIVERED],
        )
}

pub(super) fn counts(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("counts", "every count is what counting gives")
        .of(tx, "SELECT (SELECT count(*) FROM share_counts) + (SELECT count(*) FROM matter_counts)")?
        .faults(
            tx,
            "WITH counted AS (SELECT matter, contact, sum(1 - own) AS shared, sum(own) AS uploaded FROM shares WHERE visible = 1
                              GROUP BY matter, contact)
             SELECT 'shares', coalesce(c.matter, k.matter), coalesce(c.contact, k.contact)
             FROM share_counts k FULL JOIN counted c ON c.matter = k.matter AND c.contact = k.contact
             WHERE (coalesce(k.shared, 0), coalesce(k.uploaded, 0)) <> (coalesce(c.shared, 0), coalesce(c.uploaded, 0))",
            &[],
        )?
        .faults(
            tx,
            "WITH counted AS (SELECT matter, count(*) AS documents, sum(restricted) AS restricted FROM documents
                              WHERE deleted_at IS NULL GROUP BY matter)
             SELECT 'documents', coalesce(c.matter, k.matter)
             FROM matter_counts k FULL JOIN counted c ON c.matter = k.matter
             WHERE (coalesce(k.documents, 0), coalesce(k.restricted, 0)) <> (coalesce(c.documents, 0), coalesce(c.restricted, 0))",
            &[],
        )
}

pub(super) fn copies(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("copies", "what a share copies of its document is what the document has")
        .of(tx, "SELECT count(*) FROM shares")?
        .faults(
            tx,
            "SELECT 'share', s.document, s.contact FROM shares s LEFT JOIN documents d ON d.id = s.document
             WHERE d.id IS NULL OR (s.name_key, s.activity_at, s.created_at) <> (d.name_key, d.activity_at, d.created_at)
                OR (s.own = 1) <> (s.contact IS NOT DISTINCT FROM d.uploader)
                OR (s.visible = 1) <> (s.state = 'live' AND s.matter = d.matter AND d.deleted_at IS NULL)
                OR (s.offered = 1) <> (s.state = 'lapsed' AND s.matter = d.matter AND d.deleted_at IS NULL)",
            &[],
        )
}

pub(super) fn keys(tx: &SqliteTx) -> Result<Finding, HostError> {
    let mut finding =
        Finding::new("keys", "every name sorts and is found by what it is, every address is compared by what it is");
    for (what, statement) in [
        ("document", "SELECT id, name, name_key, name_fold FROM documents"),
        ("matter", "SELECT id, name, name_key, name_fold FROM matters"),
        ("contact", "SELECT id, name, name_key, name_fold FROM contacts"),
    ] {
        let mut select = tx.conn().prepare(statement).host()?;
        let mut rows = select.query([]).host()?;
        while let Some(row) = rows.next().host()? {
            let (name, key, folded): (String, Vec<u8>, String) =
                (row.get(1).host()?, row.get(2).host()?, row.get(3).host()?);
            finding.checked += 1;
            if sort_key(&name) != key || fold(&name) != folded {
                finding.fault([what, " ", &row.get::<_, String>(0).host()?].concat());
            }
        }
    }
    for (what, statement) in
        [("user", "SELECT id, email, email_key FROM users"), ("contact", "SELECT id, email, email_key FROM contacts")]
    {
        let mut select = tx.conn().prepare(statement).host()?;
        let mut rows = select.query([]).host()?;
        while let Some(row) = rows.next().host()? {
            let (email, key): (Option<String>, Option<String>) = (row.get(1).host()?, row.get(2).host()?);
            finding.checked += 1;
            if email.as_deref().and_then(email_key) != key {
                finding.fault([what, "'s address ", &row.get::<_, String>(0).host()?].concat());
            }
        }
    }
    Ok(finding)
}

pub(super) fn sessions(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-8", "every session is one person's, who may still have it")
        .of(tx, "SELECT count(*) FROM sessions")?
        .faults(
            tx,
            "SELECT 'session of', s.kind FROM sessions s LEFT JOIN users u ON u.id = s.user
             WHERE s.kind NOT IN ('staff', 'portal') OR s.ends_at <= s.created_at OR length(s.token) <> 32
                OR (s.kind = 'staff' AND (u.id IS NULL OR u.active = 0 OR s.email_key IS NOT NULL))
                OR (s.kind = 'portal' AND (s.email_key IS NULL OR s.user IS NOT NULL))",
            &[],
        )?
        .faults(
            tx,
            "SELECT 'contact in a session', p.contact FROM session_contacts p JOIN sessions s ON s.token = p.token
             LEFT JOIN contacts c ON c.id = p.contact
             WHERE s.kind <> 'portal' OR c.id IS NULL OR c.deleted_at IS NOT NULL OR c.email_key IS DISTINCT FROM s.email_key",
            &[],
        )?
        .faults(
            tx,
            "SELECT 'two contacts of a firm in a session', min(p.contact) FROM session_contacts p
             JOIN contacts c ON c.id = p.contact GROUP BY p.token, c.firm HAVING count(*) > 1",
            &[],
        )
}

/// Of each person there are no more sessions than times that they have signed in: a code or a password makes one.
pub(super) fn signed_in(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-8", "every session comes from a sign-in of its own that the audit knows")
        .of(tx, "SELECT count(*) FROM sessions")?
        .faults(
            tx,
            "SELECT 'sessions of contact', c.contact, count(*) FROM session_contacts c GROUP BY c.contact
             HAVING count(*) > (SELECT count(*) FROM audit a
                                WHERE a.actor_kind = 'contact' AND a.actor = c.contact AND a.action = 'sign-in.done')",
            &[],
        )?
        .faults(
            tx,
            "WITH done AS (SELECT actor, count(*) AS times FROM audit WHERE actor_kind = 'user' AND action = 'sign-in.done' GROUP BY actor)
             SELECT 'sessions of user', s.user, count(*) FROM sessions s LEFT JOIN done d ON d.actor = s.user
             WHERE s.kind = 'staff' GROUP BY s.user HAVING count(*) > coalesce(max(d.times), 0)",
            &[],
        )?
        .faults(
            tx,
            "SELECT 'a portal session of nobody', hex(substr(s.token, 1, 4)) FROM sessions s
             WHERE s.kind = 'portal' AND NOT EXISTS (SELECT 1 FROM session_contacts c WHERE c.token = s.token)",
            &[],
        )
}

pub(super) fn codes(tx: &SqliteTx) -> Result<Finding, HostError> {
    Finding::new("INV-8", "no code outlives its use or its time")
        .of(tx, "SELECT count(*) FROM sign_ins")?
        .faults(
            tx,
            "SELECT 'sign-in', state FROM sign_ins
             WHERE state NOT IN ('asked', 'mailed', 'used', 'blocked') OR (state IN ('used', 'blocked') AND code IS NOT NULL)
                OR expires_at > asked_at + ?1",
            &[&ms(SIGN_IN)],
        )
}

pub(super) fn file(tx: &SqliteTx) -> Result<Finding, HostError> {
    let finding = Finding::new("INV-9", "the database's pages and indexes agree");
    if tx.conn().sqlite().is_none() {
        let broken = "SELECT 'index', indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid";
        return finding.of(tx, "SELECT count(*) FROM pg_index")?.faults(tx, broken, &[]);
    }
    let mut finding = finding.of(tx, "PRAGMA page_count")?;
    // The check reads the index of names as this connection has known it last, and takes what another has merged since for
    // damage: a search makes it look anew.
    let look = "SELECT count(*) FROM (SELECT 1 FROM names_searched WHERE names_searched MATCH 'new' LIMIT 1)";
    tx.conn().query_row(look, [], |_| Ok(())).host()?;
    let mut check = tx.conn().prepare("PRAGMA integrity_check(20)").host()?;
    for said in check.query_map([], |row| row.get::<_, String>(0)).host()? {
        let said = said.host()?;
        if said != "ok" {
            finding.fault(said);
        }
    }
    Ok(finding)
}

pub(super) fn references(tx: &SqliteTx) -> Result<Finding, HostError> {
    let missing = match tx.conn().sqlite() {
        Some(_) => "SELECT \"table\", \"rowid\", parent FROM pragma_foreign_key_check",
        // There no statement can leave one out, unless the references are not kept at all.
        None => "SELECT 'reference', conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated",
    };
    Finding::new("INV-9", "every row that another one names is there").faults(tx, missing, &[])
}

pub(super) fn plugin(tx: &SqliteTx) -> Result<Finding, HostError> {
    let mut finding = Finding::new("INV-9", "the plugin that is kept for all hosts is the one that its hash names");
    if let Some(kept) = plugin::get(tx)? {
        finding.checked = 1;
        let hash = hex::encode(kept.hash);
        if kept.is_whole() {
            finding.note = Some(hash);
        } else {
            finding.fault(hash);
        }
    }
    Ok(finding)
}

pub(super) fn parts(tx: &SqliteTx) -> Result<Finding, HostError> {
    let mut finding = Finding::new("search", "no walk for a word passes over a name that has it");
    let (checked, lost) = pages::passed_over(tx)?;
    finding.checked = checked;
    for what in lost {
        finding.fault(what);
    }
    Ok(finding)
}

/// Writes nothing; but SQLite takes the check for a write.
pub(super) fn trigrams(tx: &SqliteTx) -> Result<Finding, HostError> {
    let mut finding =
        Finding::new("search", "the trigrams are those of the names").of(tx, "SELECT count(*) FROM documents")?;
    if tx.conn().sqlite().is_none() {
        return Ok(finding);
    }
    let checked =
        tx.conn().execute("INSERT INTO names_searched (names_searched, rank) VALUES ('integrity-check', 1)", []);
    if let Err(error) = checked {
        finding.fault(crate::store::sql::describe(&error));
    }
    Ok(finding)
}
