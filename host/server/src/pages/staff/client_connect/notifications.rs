//! The Notifications section: who is told of what contacts send.

use client_connect_pages::staff::client_connect::{Notifications, Person, Watcher};
use client_connect_runtime::exports::notifications;

use super::*;

pub(super) async fn page(
    State(app): State<SharedApp>,
    asker: Asker,
    Path(matter): Path<String>,
) -> Result<Response, Failed> {
    show(&app, asker, move |unit, staff, frame| {
        let (head, _) = matter_head(unit.tx(), staff, &matter)?;
        let section = unit.call(&caller(staff), &notifications::View { matter: matter.clone() })?;
        let owner = matters::get(unit.tx(), &matter)?.and_then(|matter| matter.owner);
        let rows: Vec<Watcher> = section
            .rows
            .into_iter()
            .map(|row| {
                let (name, email) = row.user.map_or((None, None), |user| (Some(user.name), user.email));
                Watcher {
                    owner: owner.as_ref() == Some(&row.watcher.user),
                    id: row.watcher.user,
                    name,
                    email,
                    in_app: row.watcher.in_app,
                    by_mail: row.watcher.email,
                    by_default: row.is_owner_by_default,
                    obstacles: row.obstacles.into_iter().map(|obstacle| obstacle.message).collect(),
                }
            })
            .collect();
        let mut choices = Vec::new();
        for member in members::list(unit.tx(), &matter)? {
            let listed = rows.iter().any(|row| row.id == member.user);
            match users::get(unit.tx(), &member.user)? {
                Some(user) if user.active && !listed => choices.push(Person { id: user.id, name: user.name }),
                _ => {}
            }
        }
        choices.sort_by_cached_key(|person| (person.name.to_lowercase(), person.id.clone()));
        Ok(Notifications {
            frame,
            matter: head,
            staging: staging(unit, staff, section.revision)?,
            rows,
            choices,
            notes: section.notes.into_iter().map(|note| note.message).collect(),
        })
    })
    .await
}
