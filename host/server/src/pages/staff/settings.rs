//! The firm's settings, for its administrators.

use client_connect_pages::staff::{
    contacts::Named,
    settings::{Settings, UserRow},
};

use super::*;
use crate::store::factors;

pub(super) async fn page(State(app): State<SharedApp>, asker: Asker) -> Result<Response, Failed> {
    let work = move |unit: &mut Unit<'_, SqliteTx>, staff: &Staff, frame| {
        if !staff.admin {
            return Err(Problem::denied("Only an administrator may see and change the firm's settings."));
        }
        let firm = firms::get(unit.tx(), &staff.firm)?.ok_or_else(Problem::not_found)?;
        let users = users::list(unit.tx(), &staff.firm)?;
        let mut rows = Vec::new();
        for users::User { id, name, email, active, admin, .. } in users.clone() {
            let factor = id != staff.user && factors::confirmed(unit.tx(), &id)?.is_some();
            rows.push(UserRow { id, factor, name, email, active, admin });
        }
        let active = users.iter().filter(|user| user.active);
        let named = |user: &users::User| Named { id: user.id.clone(), name: user.name.clone() };
        Ok(Settings {
            frame,
            enabled: firm.enabled,
            sender: firm.sender,
            mail_hold: firm.mail_hold,
            watermark: firm.watermark,
            second_factor: factors::required(unit.tx(), &staff.firm)?,
            days: firm.when_closed.parse().ok(),
            when_closed: firm.when_closed,
            fallback_user: firm.fallback_user,
            active: active.map(named).collect(),
            users: rows,
        })
    };
    show(&app, asker, work).await
}
