//! How a member of staff enters a section.

use crate::{
    host::Host,
    refuse::{Answer, Fault, Stop},
    types::{Actor, CallContext, Matter},
};

/// What the section is entered for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    Look,
    Save,
}

/// The matter, if the asker is a user who may see it and, for a Save, who may share. To everybody else it is
/// not there; that the firm has switched Client Connect off is told only to those who may see the matter.
pub(crate) fn enter<H: Host>(host: &mut H, ctx: &CallContext, matter: &str, to: To) -> Answer<Matter> {
    let Actor::User(user) = &ctx.actor else {
        return Err(Stop::NotFound);
    };
    let found = host.get_matter(matter)?;
    let member = host.get_users(matter, std::slice::from_ref(user))?.pop().flatten();
    let Some(member) = member.filter(|member| member.user.active && member.can_view) else {
        return Err(Stop::NotFound);
    };
    if !found.firm.enabled {
        return Err(Stop::Denied(Fault::FirmOff));
    }
    if to == To::Save && !member.can_share {
        return Err(Stop::Denied(Fault::NoShareRight));
    }
    Ok(found)
}
