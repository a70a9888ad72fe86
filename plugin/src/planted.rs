//! Faults that the tests of authorization must find: each is a way in which the rules could deal wrongly with what the
//! host keeps, chosen by the firm's attribute `planted`. Only the guest `planted` is built with them.

/// The host's storage, as a faulty plugin would use it.
pub(crate) mod storage {
    pub(crate) use crate::contract::client_connect::plugin::storage::{
        count_shared, find_documents, forget_contacts, get_documents, get_revision, get_same_address, get_users,
        list_contacts, list_granted_matters, list_grants, list_shared, list_watchers, raise_revision, set_watchers,
        update_documents,
    };

    use crate::{attributes, contract::client_connect::plugin::storage as real, decide::is_live, types::*};

    fn planted(matter: &str, fault: &str) -> bool {
        real::get_matter(matter).is_ok_and(|found| attributes::get(&found.firm.attributes, "planted") == Some(fault))
    }

    pub(crate) fn get_matter(id: &str) -> Result<Matter, HostError> {
        let mut found = real::get_matter(id)?;
        if attributes::get(&found.firm.attributes, "planted") == Some("closed-takes-uploads") {
            found.closed_at = None;
        }
        Ok(found)
    }

    pub(crate) fn put_grants(matter: &str, grants: &[AccessGrant]) -> Result<(), HostError> {
        let mut grants = grants.to_vec();
        if planted(matter, "closed-portal-stays-open") {
            grants.iter_mut().for_each(|grant| grant.portal = true);
        }
        if planted(matter, "everybody-downloads") {
            grants.iter_mut().for_each(|grant| grant.can_download = grant.portal);
        }
        if planted(matter, "access-without-end") {
            grants.iter_mut().for_each(|grant| grant.until = None);
        }
        real::put_grants(matter, &grants)
    }

    pub(crate) fn put_shared(matter: &str, shared: &[SharedDocument]) -> Result<(), HostError> {
        let mut shared = shared.to_vec();
        if planted(matter, "unshared-stays-live") {
            shared.retain(|row| !matches!(row.state, ShareState::Unshared));
        }
        if planted(matter, "deleted-stays-shared") {
            shared.retain(|row| !matches!(row.state, ShareState::Lapsed));
        }
        if planted(matter, "shared-with-all") {
            let others = real::list_grants(matter, None)?;
            for row in shared.clone().into_iter().filter(is_live) {
                for other in &others {
                    if !shared.iter().any(|known| known.document == row.document && known.contact == other.contact) {
                        shared.push(SharedDocument { contact: other.contact.clone(), seen: None, ..row.clone() });
                    }
                }
            }
        }
        real::put_shared(matter, &shared)
    }
}
