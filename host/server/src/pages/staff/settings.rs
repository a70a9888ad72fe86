//! The firm's settings, for its administrators.

use client_connect_pages::staff::{
    contacts::Named,
    settings::{Settings, UserRow},
};

use super::*;

pub(super) async fn page(State(app): State<SharedApp>, asker: Asker) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        if !staff.admin {
            return Err(Problem::denied("Only an administrator may see and change the firm's settings."));
        }
        let firm = firms::get(unit.tx(), &staff.firm)?.ok_or_else(Problem::not_found)?;
        let users = users::list(unit.tx(), &staff.firm)?;
        let active = users.iter().filter(|user| user.active);
        let named = |user: &users::User| Named { id: user.id.clone(), name: user.name.clone() };
        Ok(Settings {
            frame,
            enabled: firm.enabled,
            sender: firm.sender,
            mail_hold: firm.mail_hold,
            watermark: firm.watermark,
            days: firm.when_closed.parse().ok(),
            when_closed: firm.when_closed,
            fallback_user: firm.fallback_user,
            active: active.map(named).collect(),
            users: users
                .into_iter()
                .map(|users::User { name, email, active, admin, .. }| UserRow { name, email, active, admin })
                .collect(),
        })
    };
    show(&app, asker, work).await
}
