//! A matter's settings, and who may see it.

use client_connect_pages::staff::{
    contacts::Named,
    matter::{MatterSettings, MemberRow},
};

use super::*;
use crate::web::{
    Path,
    staff::{Member, may_decide, members_of},
};

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        let tx = unit.tx();
        let (head, _) = matter_head(tx, staff, &matter)?;
        let found = matters::get(tx, &matter)?.ok_or_else(Problem::not_found)?;
        let may_decide = match may_decide(tx, &staff.user, &matter) {
            Ok(_) => true,
            Err(problem) if problem.status == StatusCode::FORBIDDEN => false,
            Err(problem) => return Err(problem),
        };
        let firm = firms::get(tx, &staff.firm)?.ok_or_else(Problem::not_found)?;
        let mut members: Vec<MemberRow> = members_of(tx, &matter)?.into_iter().map(row).collect();
        members.sort_by(|a, b| (!a.owner, &a.name, &a.id).cmp(&(!b.owner, &b.name, &b.id)));
        let named = |user: users::User| Named { id: user.id, name: user.name };
        let users: Vec<Named> =
            users::list(tx, &staff.firm)?.into_iter().filter(|user| user.active).map(named).collect();
        let is_member = |user: &Named| members.iter().any(|member| member.id == user.id);
        let others = users.iter().filter(|user| !is_member(user)).cloned().collect();
        Ok(MatterSettings {
            frame,
            matter: head,
            discreet: found.discreet,
            owner: found.owner,
            may_decide,
            members,
            users,
            others,
            when_closed: when_closed(&firm.when_closed),
        })
    };
    show(&app, asker, work).await
}

fn row(member: Member) -> MemberRow {
    let Member { user, name, active, owner, can_edit, can_share } = member;
    MemberRow { id: user, name, active, owner, can_edit, can_share }
}

/// What becomes of the contacts of a matter that is closed, in a sentence.
pub(super) fn when_closed(setting: &str) -> String {
    match setting {
        "keep" => "Its contacts keep their access as it is.".to_owned(),
        "read-only" => "Its contacts still see what is shared with them, and can send nothing more.".to_owned(),
        "0" => "The access of its contacts ends at once.".to_owned(),
        "1" => "Its contacts can send nothing more, and their access ends after one day.".to_owned(),
        days => format!("Its contacts can send nothing more, and their access ends after {days} days."),
    }
}
