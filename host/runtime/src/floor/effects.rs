//! The end of a call: what it changed is written down, once, with what the plugin says of it.

use super::Floor;
use crate::{backend::Tx, types::HostError};

impl<T: Tx> Floor<T> {
    /// Writes the call's record, if it changed or said anything.
    pub(crate) fn finish(&mut self) -> Result<(), HostError> {
        if !self.wrote {
            return Ok(());
        }
        let (effects, entries) = (std::mem::take(&mut self.effects), std::mem::take(&mut self.entries));
        let call = self.call.clone();
        self.tx()?.record(&call, &effects, &entries)
    }
}
