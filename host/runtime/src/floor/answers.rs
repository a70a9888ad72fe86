//! What of an answer leaves the runtime: of the portal's answers, only what the floor can prove by itself.

use std::collections::HashSet;

use super::{Floor, is_open};
use crate::{
    backend::{Tx, Viewer},
    types::{Document, DocumentId, HostError, MatterChoice, MatterId, PortalMatter, PortalPage, Refusal, Verb},
};

/// An answer that stays an answer, or is refused after all.
pub(crate) type Proven<A> = Result<Result<A, Refusal>, HostError>;

impl<T: Tx> Floor<T> {
    /// Matters to choose from: those where the contact's portal is open.
    pub(crate) fn prove_matters(&mut self, mut rows: Vec<MatterChoice>) -> Proven<Vec<MatterChoice>> {
        let now = self.call.at;
        let answered = rows.len();
        let granted = self.granted()?;
        rows.retain(|row| {
            granted
                .iter()
                .any(|known| known.matter.id == row.matter && known.matter.firm.enabled && is_open(&known.grant, now))
        });
        self.note_trimmed(answered - rows.len());
        Ok(Ok(rows))
    }

    /// The matter's first page: for a contact, only while their portal is open, and with no more rights than
    /// their grant says.
    pub(crate) fn prove_portal(&mut self, matter: &MatterId, mut answer: PortalMatter) -> Proven<PortalMatter> {
        if self.own().is_some() {
            if !self.portal_stands(matter)? {
                return Ok(Err(Refusal::NotFound));
            }
            answer.can_download &= self.may_download()?;
            answer.can_upload &= matches!(self.viewer, Viewer::Contact(_));
        }
        Ok(Ok(answer))
    }

    /// A page of the portal: rows of documents that the floor let through in this call.
    pub(crate) fn prove_page(&mut self, matter: &MatterId, mut page: PortalPage) -> Proven<PortalPage> {
        if self.own().is_none() {
            return Ok(Ok(page));
        }
        if !self.portal_stands(matter)? {
            return Ok(Err(Refusal::NotFound));
        }
        let download = self.may_download()?;
        let answered = page.rows.len();
        page.rows.retain(|row| self.shown.documents.contains_key(&row.document));
        self.note_trimmed(answered - page.rows.len());
        for row in &mut page.rows {
            row.can_download &= download;
        }
        Ok(Ok(page))
    }

    /// The documents of which bytes may move, as the host itself knows them. For a contact: those with a live
    /// share under an open grant, of a firm that is switched on, and to download, with the right to. Who
    /// views as a contact downloads and uploads nothing.
    pub(crate) fn prove_permit(
        &mut self,
        matter: &MatterId,
        verb: Verb,
        asked: &[DocumentId],
        answer: Vec<Document>,
    ) -> Proven<Vec<Document>> {
        if self.own().is_some() {
            let viewing = matches!(self.viewer, Viewer::UserAsContact(..));
            if !self.portal_stands(matter)? || viewing && matches!(verb, Verb::Upload) {
                return Ok(Err(Refusal::NotFound));
            }
            if matches!(verb, Verb::Download) && (viewing || !self.may_download()?) {
                return Ok(Ok(Vec::new()));
            }
        }
        if matches!(verb, Verb::Upload) {
            return Ok(Ok(Vec::new()));
        }
        let permitted: Vec<DocumentId> = answer.into_iter().map(|document| document.id).collect();
        self.scope(matter)?;
        self.look_at(matter, &permitted)?;
        let asked: HashSet<&DocumentId> = asked.iter().collect();
        let proven: Vec<Document> = permitted
            .iter()
            .filter(|id| asked.contains(id))
            .filter_map(|id| self.shown.documents.get_mut(id).and_then(Option::take))
            .collect();
        self.note_trimmed(permitted.len() - proven.len());
        Ok(Ok(proven))
    }

    /// The portal of the matter is open to the actor's contact, and the firm is switched on.
    fn portal_stands(&mut self, matter: &MatterId) -> Result<bool, HostError> {
        if self.scope(matter).is_err() {
            return Ok(false);
        }
        Ok(self.portal_open()? && self.matter(matter)?.is_some_and(|matter| matter.firm.enabled))
    }

    /// A plugin that keeps the contract answers nothing that is trimmed: whoever runs it should know.
    fn note_trimmed(&self, rows: usize) {
        if rows > 0 {
            tracing::warn!(export = self.call.export, rows, "the plugin answered more than the floor lets through");
            metrics::counter!("plugin_trimmed_total", "export" => self.call.export).increment(rows as u64);
        }
    }

    fn may_download(&mut self) -> Result<bool, HostError> {
        Ok(self.own_grant()?.is_some_and(|grant| grant.can_download))
    }
}
