//! The Notifications section: which users are told of uploads (OV9, OV10, NO1, SH31).

use std::collections::BTreeMap;

use crate::{
    address,
    attributes::pair,
    host::Host,
    limits,
    refuse::{self, Answer, Fault, Much, Named, Stop, settle},
    staff::{self, To},
    types::*,
};

/// `notifications.view`
///
/// # Errors
/// As the contract says.
pub fn view<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Result<NotificationsSection, Refusal> {
    settle(ctx, look(host, ctx, matter))
}

fn look<H: Host>(host: &mut H, ctx: &CallContext, matter: &str) -> Answer<NotificationsSection> {
    let found = staff::enter(host, ctx, matter, To::Look)?;
    let revision = host.get_revision(matter, Section::Notifications)?;
    let watchers = host.list_watchers(matter)?;
    let audience = Audience::load(host, &found, watchers)?;
    Ok(section(ctx, revision, audience))
}

/// `notifications.set-watchers`: the section's Save.
///
/// # Errors
/// As the contract says; a list that would leave nobody to be told is refused.
pub fn set_watchers<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    watchers: Vec<Watcher>,
) -> Result<NotificationsSection, Refusal> {
    settle(ctx, save(host, ctx, matter, revision, watchers))
}

fn save<H: Host>(
    host: &mut H,
    ctx: &CallContext,
    matter: &str,
    revision: u32,
    watchers: Vec<Watcher>,
) -> Answer<NotificationsSection> {
    let found = staff::enter(host, ctx, matter, To::Save)?;
    refuse::at_most(limits::PAIRS, watchers.len(), Much::Users)?;
    if host.get_revision(matter, Section::Notifications)? != revision {
        return Err(Stop::Conflict);
    }
    let before: BTreeMap<UserId, Watcher> =
        host.list_watchers(matter)?.into_iter().map(|watcher| (watcher.user.clone(), watcher)).collect();
    let after = merged(&found, &before, watchers);
    if after.values().eq(before.values()) {
        let audience = Audience::load(host, &found, after.into_values().collect())?;
        return Ok(section(ctx, revision, audience));
    }
    let audience = Audience::load(host, &found, after.values().cloned().collect())?;
    let mut faults: Vec<Fault> = audience
        .rows
        .iter()
        .filter(|row| !row.by_default && !before.contains_key(&row.watcher.user))
        .filter_map(|row| row.out_of_reach.clone())
        .collect();
    if !audience.rows.iter().any(Row::is_told) {
        faults.push(Fault::LastRecipient);
    }
    refuse::unless(faults)?;
    let revision = host.raise_revision(matter, Section::Notifications, revision)?;
    let list: Vec<Watcher> = after.values().cloned().collect();
    host.set_watchers(matter, &list)?;
    host.append(&entries(matter, &before, &after))?;
    Ok(section(ctx, revision, audience))
}

/// Each user once, with all the kinds they were given. The owner in both kinds is what holds anyhow: stored,
/// today's owner would stay after they have handed the matter on (SH31).
fn merged(matter: &Matter, before: &BTreeMap<UserId, Watcher>, watchers: Vec<Watcher>) -> BTreeMap<UserId, Watcher> {
    let mut after: BTreeMap<UserId, Watcher> = BTreeMap::new();
    for watcher in watchers {
        match after.get_mut(&watcher.user) {
            Some(twice) => {
                twice.in_app |= watcher.in_app;
                twice.email |= watcher.email;
            }
            None => {
                let mut watcher = watcher;
                if let Some(old) = before.get(&watcher.user) {
                    for (key, value) in &old.attributes {
                        if crate::attributes::get(&watcher.attributes, key).is_none() {
                            watcher.attributes.push((key.clone(), value.clone()));
                        }
                    }
                }
                after.insert(watcher.user.clone(), watcher);
            }
        }
    }
    if let Some(owner) = &matter.owner
        && !before.contains_key(owner)
        && after.get(owner).is_some_and(|watcher| watcher.in_app && watcher.email)
    {
        after.remove(owner);
    }
    after
}

fn entries(matter: &str, before: &BTreeMap<UserId, Watcher>, after: &BTreeMap<UserId, Watcher>) -> Vec<Entry> {
    let entry = |action: &str, watcher: &Watcher| Entry {
        matter: matter.to_owned(),
        action: action.to_owned(),
        document: None,
        contact: None,
        details: vec![
            pair("user", &watcher.user),
            pair("in-app", watcher.in_app.to_string()),
            pair("email", watcher.email.to_string()),
        ],
    };
    let gone = before.values().filter(|old| !after.contains_key(&old.user)).map(|old| entry("watcher.removed", old));
    let rest = after.values().filter_map(|new| match before.get(&new.user) {
        None => Some(entry("watcher.added", new)),
        Some(old) if old != new => Some(entry("watcher.changed", new)),
        Some(_) => None,
    });
    gone.chain(rest).collect()
}

/// One user of the list, and why they are not told.
struct Row {
    watcher: Watcher,
    member: Option<Member>,
    by_default: bool,
    /// They cannot be told anything: unknown, gone, or without permission.
    out_of_reach: Option<Fault>,
}

impl Row {
    fn new(watcher: Watcher, member: Option<Member>, by_default: bool) -> Self {
        let out_of_reach = match &member {
            None => Some(Fault::UserUnknown { user: watcher.user.clone() }),
            Some(member) => out_of_reach(member),
        };
        Self { watcher, member, by_default, out_of_reach }
    }

    fn address_will_do(&self) -> bool {
        self.member.as_ref().is_some_and(|member| address::usable(member.user.email.as_deref()).is_some())
    }

    fn told_by_mail(&self) -> bool {
        self.watcher.email && self.out_of_reach.is_none() && self.address_will_do()
    }

    fn told_in_app(&self) -> bool {
        self.watcher.in_app && self.out_of_reach.is_none()
    }

    fn is_told(&self) -> bool {
        self.told_by_mail() || self.told_in_app()
    }

    fn obstacles(&self) -> Vec<Fault> {
        match (&self.out_of_reach, &self.member) {
            (Some(fault), _) => vec![fault.clone()],
            (None, Some(member)) if self.watcher.email && !self.address_will_do() => {
                vec![Fault::UserWithoutAddress(Named::new(&member.user.id, &member.user.name))]
            }
            _ => Vec::new(),
        }
    }
}

fn out_of_reach(member: &Member) -> Option<Fault> {
    let who = || Named::new(&member.user.id, &member.user.name);
    if !member.user.active {
        Some(Fault::UserInactive(who()))
    } else if !member.can_view {
        Some(Fault::UserOutside(who()))
    } else {
        None
    }
}

/// Everybody who is to be told of activity in a matter.
pub(crate) struct Audience {
    rows: Vec<Row>,
    /// Told where nobody of the rows is: never nobody.
    stand_in: Option<StandIn>,
}

/// The matter's own owner, though switched off in the list, or the firm's fallback.
struct StandIn {
    user: User,
}

impl Audience {
    /// From the stored list: the owner is told in both ways unless the list says otherwise.
    pub(crate) fn load<H: Host>(host: &mut H, matter: &Matter, watchers: Vec<Watcher>) -> Answer<Self> {
        let mut listed: Vec<(Watcher, bool)> = watchers.into_iter().map(|watcher| (watcher, false)).collect();
        if let Some(owner) = &matter.owner
            && listed.iter().all(|(watcher, _)| watcher.user != *owner)
        {
            let both = Watcher { user: owner.clone(), in_app: true, email: true, attributes: Vec::new() };
            listed.insert(0, (both, true));
        }
        let mut ids: Vec<UserId> = listed.iter().map(|(watcher, _)| watcher.user.clone()).collect();
        let fallback = matter.firm.fallback.as_ref();
        ids.extend(fallback.cloned());
        let mut members = if ids.is_empty() { Vec::new() } else { host.get_users(&matter.id, &ids)? };
        let fallback = fallback.and_then(|_| members.pop().flatten()).filter(|member| member.user.active);
        let rows: Vec<Row> = listed
            .into_iter()
            .zip(members)
            .map(|((watcher, by_default), member)| Row::new(watcher, member, by_default))
            .collect();
        let stand_in = if rows.iter().any(Row::is_told) {
            None
        } else {
            let owner =
                rows.iter().find(|row| matter.owner.as_ref() == Some(&row.watcher.user) && row.out_of_reach.is_none());
            let owner = owner.and_then(|row| row.member.as_ref()).map(|member| member.user.clone());
            owner.or(fallback.map(|member| member.user)).map(|user| StandIn { user })
        };
        Ok(Self { rows, stand_in })
    }

    /// Whom to tell, and by which channel; whether they stand in for those who should be told.
    pub(crate) fn told(&self) -> Vec<(UserId, Channel, bool)> {
        let mut told = Vec::new();
        for row in &self.rows {
            if row.told_in_app() {
                told.push((row.watcher.user.clone(), Channel::InApp, false));
            }
            if row.told_by_mail() {
                told.push((row.watcher.user.clone(), Channel::Email, false));
            }
        }
        if let Some(StandIn { user }) = &self.stand_in {
            told.push((user.id.clone(), Channel::InApp, true));
            if address::usable(user.email.as_deref()).is_some() {
                told.push((user.id.clone(), Channel::Email, true));
            }
        }
        told
    }
}

fn section(ctx: &CallContext, revision: u32, audience: Audience) -> NotificationsSection {
    let mut notes = Vec::new();
    if let Some(StandIn { user }) = &audience.stand_in {
        notes.push(Fault::StandIn(Named::new(&user.id, &user.name)));
    } else if !audience.rows.iter().any(Row::is_told) {
        notes.push(Fault::NobodyTold);
    }
    let rows = audience
        .rows
        .into_iter()
        .map(|row| WatcherRow {
            obstacles: refuse::problems(ctx, &row.obstacles()),
            watcher: row.watcher,
            user: row.member.map(|member| member.user),
            is_owner_by_default: row.by_default,
            attributes: Vec::new(),
        })
        .collect();
    NotificationsSection { revision, rows, notes: refuse::problems(ctx, &notes), attributes: Vec::new() }
}
