//! The audit log of a matter, for who may see the matter, and of the firm, for administrators.

use client_connect_pages::staff::{
    audit::{Audit, Filter, Log, MatterAudit},
    contacts::Named,
    list::Pager,
};

use super::{sentences::Speaker, *};
use crate::{
    store::contacts,
    web::{
        Path,
        staff::{AuditFilter, AuditScope, WEEK},
    },
};

/// Rows of a page.
const ROWS: u32 = 50;
/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    #[serde(rename = "type")]
    action: String,
    user: String,
    contact: String,
    /// The first day; none: a week ago. Empty: the beginning.
    since: Option<String>,
    /// The last day.
    until: String,
    after: Option<String>,
}

pub(super) async fn of_matter(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let log = log(unit, staff, Some(&matter), &wanted)?;
        Ok(MatterAudit { frame, matter: head, log })
    };
    show(&app, asker, work).await
}

pub(super) async fn of_firm(
    State(app): State<SharedApp>,
    asker: Asker,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        Ok(Audit { frame, log: log(unit, staff, None, &wanted)? })
    };
    show(&app, asker, work).await
}

fn log(unit: &mut Unit<'_, SqliteTx>, staff: &Staff, matter: Option<&str>, wanted: &Wanted) -> Result<Log, Problem> {
    let since = match &wanted.since {
        None => unit.now().saturating_sub(WEEK) / DAY * DAY,
        Some(day) => begin(day).unwrap_or(0),
    };
    let until = begin(&wanted.until).map(|day| day.saturating_add(DAY));
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let filter = AuditFilter {
        action: given(&wanted.action),
        user: given(&wanted.user),
        contact: given(&wanted.contact),
        since: Some(since),
        until,
        after: wanted.after.clone().filter(|after| !after.is_empty()),
        ..AuditFilter::default()
    };
    let scope = AuditScope { matter: matter.map(str::to_owned), filter };
    let (rows, next) = scope.listing(unit, staff, ROWS)?;
    let tx: &SqliteTx = unit.tx();
    let mut speaker = Speaker::new(tx, &staff.user, matter);
    let entries = rows.into_iter().map(|row| speaker.entry(row)).collect::<Result<_, _>>()?;
    let path = matter.map_or_else(|| "/audit".to_owned(), |matter| format!("/matters/{matter}/audit"));
    let (from, to) = (day(since), if until.is_some() { wanted.until.as_str() } else { "" });
    let page = |after: &str| {
        let mut address =
            link(&path, &[("type", &wanted.action), ("user", &wanted.user), ("contact", &wanted.contact)]);
        // An empty day is not no day.
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str("since=");
        address.push_str(&from);
        for (key, value) in [("until", to), ("after", after)] {
            if !value.is_empty() {
                address.push_str(&format!("&{key}={}", crate::pages::escaped(value)));
            }
        }
        address
    };
    let export = |format: &str| {
        let (since, until) = (since.to_string(), until.map(|until| until.to_string()).unwrap_or_default());
        let of = matter.map_or_else(|| "/api/audit/export".to_owned(), |id| format!("/api/matters/{id}/audit/export"));
        link(
            &of,
            &[
                ("format", format),
                ("since", &since),
                ("until", &until),
                ("type", &wanted.action),
                ("user", &wanted.user),
                ("contact", &wanted.contact),
            ],
        )
    };
    let pager = Pager { first: scope.filter.after.is_some().then(|| page("")), next: next.as_deref().map(page) };
    let about = contacts::get(tx, &wanted.contact)?.filter(|contact| contact.firm == staff.firm);
    Ok(Log {
        filter: Filter {
            action: wanted.action.clone(),
            user: wanted.user.clone(),
            contact: about.map(|contact| Named { id: contact.id, name: contact.name }),
            since: from.clone(),
            until: to.to_owned(),
        },
        people: people(tx, staff, matter)?,
        entries,
        pager,
        exports: [export("csv"), export("jsonl")],
        path,
    })
}

/// By whom something can have been done: the firm's users, and the contacts of the matter.
fn people(tx: &SqliteTx, staff: &Staff, matter: Option<&str>) -> Result<Vec<Named>, Problem> {
    let users = users::list(tx, &staff.firm)?.into_iter().map(|user| Named { id: user.id, name: user.name });
    let mut people: Vec<Named> = users.collect();
    if let Some(matter) = matter {
        let linked = contacts::linked(tx, matter)?.into_iter();
        people.extend(linked.map(|(contact, role)| {
            let role = if role.is_empty() { "contact".to_owned() } else { role };
            Named { id: contact.id, name: format!("{} ({role})", contact.name) }
        }));
    }
    Ok(people)
}

/// When a day begins, in UTC.
fn begin(day: &str) -> Option<u64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    u64::try_from(at).ok()
}

/// The day of a moment, in UTC; nothing for the beginning of time.
fn day(at: u64) -> String {
    let at = i64::try_from(at).ok().filter(|at| *at > 0).and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written_alike() {
        assert_eq!(begin("2026-11-22"), Some(1_795_305_600_000));
        assert_eq!(day(1_795_305_600_000), "2026-11-22");
        assert_eq!(day(1_795_305_600_000 + DAY - 1), "2026-11-22");
        assert_eq!(day(0), "");
        for wrong in ["", "yesterday", "2026-02-30", "1969-12-31", "2026-11-22T10:00"] {
            assert!(begin(wrong).is_none_or(|at| at % DAY == 0), "{wrong}");
        }
    }
}
