//! The imports, as the guest calls them: each is counted, timed, and answered by the floor.

use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

use crate::{
    backend::Tx,
    failure::{Blame, Broke, Stop},
    floor::Floor,
    limits::Limits,
    types::{
        bindings::client_connect::plugin::{audit, logging, mail, storage, types},
        *,
    },
    wasi::{HasWasi, Wasi},
};

/// What a store holds for one call.
pub struct State<T> {
    pub(crate) floor: Floor<T>,
    pub(crate) meter: Meter,
    pub(crate) wasi: Wasi,
}

impl<T> std::fmt::Debug for State<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("floor", &self.floor).field("meter", &self.meter).finish_non_exhaustive()
    }
}

/// What a store holds, with the meter in it that keeps its limits.
pub(crate) trait Metered: Send + 'static {
    fn meter(&mut self) -> &mut Meter;
}

impl<T: Send + 'static> Metered for State<T> {
    fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }
}

impl<T: Send + 'static> HasWasi for State<T> {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.wasi
    }
}

/// What one call has used.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) host_calls: u32,
    /// Spent in imports.
    pub(crate) host_time: Duration,
    pub(crate) started: Instant,
    /// What this thread had computed when the call started.
    computed: Option<Duration>,
    /// The import that runs, or ran last: named where the host panics.
    pub(crate) import: &'static str,
    pub(crate) peak_memory: usize,
    limits: Limits,
    memory: usize,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            host_calls: 0,
            host_time: Duration::ZERO,
            started: Instant::now(),
            computed: computed(),
            import: "",
            peak_memory: 0,
            limits: limits.clone(),
            memory: 0,
        }
    }

    /// A new call of the same instance: its time begins anew, its memory stays counted.
    pub(crate) fn restart(&mut self) {
        let fresh = Self::new(&self.limits);
        *self = Self { memory: self.memory, peak_memory: self.peak_memory, ..fresh };
    }

    /// Runs work of the host, on the host's time.
    pub(crate) fn hosting<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let began = Instant::now();
        let done = work();
        self.host_time += began.elapsed();
        done
    }

    /// Whether the call has had its time, and whose time it was.
    pub(crate) fn overdue(&self) -> Option<Stop> {
        let total = self.started.elapsed();
        let guest = total.saturating_sub(self.host_time);
        if guest > self.limits.deadline {
            // A plugin that was hardly ever let onto a processor has not had its time: of that the whole has to be enough.
            let own = match (self.computed, computed()) {
                (Some(before), Some(after)) => after.saturating_sub(before).min(guest),
                _ => guest,
            };
            if own > self.limits.deadline {
                let detail = format!("the plugin computed for {own:?}, and {guest:?} passed");
                return Some(Stop { blame: Blame::Guest, reason: Broke::Deadline, detail });
            }
        }
        (total > self.limits.total).then(|| Stop {
            blame: Blame::Host,
            reason: Broke::Deadline,
            detail: format!("the call took {total:?}, {:?} of it in the host", self.host_time),
        })
    }
}

/// The processor time of this thread so far, where the system tells it.
fn computed() -> Option<Duration> {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
    }
    #[cfg(not(unix))]
    None
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let memory = self.memory.saturating_sub(current).saturating_add(desired);
        if memory > self.limits.memory {
            return Err(Stop::guest(Broke::Memory, format!("the plugin wanted {memory} bytes of memory")).into());
        }
        self.memory = memory;
        self.peak_memory = self.peak_memory.max(memory);
        Ok(true)
    }
    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.limits.table_elements {
            return Err(Stop::guest(Broke::Memory, format!("the plugin wanted a table of {desired} elements")).into());
        }
        Ok(true)
    }
    fn instances(&self) -> usize {
        self.limits.instances
    }
    fn tables(&self) -> usize {
        self.limits.tables
    }
    fn memories(&self) -> usize {
        self.limits.memories
    }
}

type Answer<R> = wasmtime::Result<Result<R, HostError>>;

impl<T: Tx> State<T> {
    fn import<R>(&mut self, name: &'static str, work: impl FnOnce(&mut Floor<T>) -> Result<R, HostError>) -> Answer<R> {
        self.count(name)?;
        let floor = &mut self.floor;
        let answer = self.meter.hosting(|| work(floor));
        if let Err(error) = &answer {
            tracing::debug!(import = name, ?error, "an import failed");
        }
        if let Some(stop) = self.meter.overdue() {
            return Err(stop.into());
        }
        Ok(answer)
    }

    fn count(&mut self, name: &'static str) -> wasmtime::Result<()> {
        self.meter.import = name;
        self.meter.host_calls += 1;
        if self.meter.host_calls > self.meter.limits.host_calls {
            return Err(Stop::guest(Broke::Budget, "more imports than one call may use").into());
        }
        Ok(())
    }
}

impl<T: Tx> types::Host for State<T> {}

impl<T: Tx> storage::Host for State<T> {
    fn get_matter(&mut self, id: MatterId) -> Answer<Matter> {
        self.import("storage.get-matter", |floor| floor.get_matter(&id))
    }
    fn get_users(&mut self, matter: MatterId, ids: Vec<UserId>) -> Answer<Vec<Option<Member>>> {
        self.import("storage.get-users", |floor| floor.get_users(&matter, &ids))
    }
    fn list_contacts(&mut self, matter: MatterId, contacts: Option<Vec<ContactId>>) -> Answer<Vec<Contact>> {
        self.import("storage.list-contacts", |floor| floor.list_contacts(&matter, contacts))
    }
    fn get_same_address(&mut self, contacts: Vec<ContactId>) -> Answer<Vec<Vec<Contact>>> {
        self.import("storage.get-same-address", |floor| floor.get_same_address(&contacts))
    }
    fn get_documents(&mut self, matter: MatterId, ids: Vec<DocumentId>) -> Answer<Vec<Option<Document>>> {
        self.import("storage.get-documents", |floor| floor.get_documents(&matter, &ids))
    }
    fn find_documents(&mut self, matter: MatterId, filter: DocumentFilter, page: Page) -> Answer<DocumentPage> {
        self.import("storage.find-documents", |floor| floor.find_documents(&matter, &filter, &page))
    }
    fn update_documents(&mut self, matter: MatterId, changes: Vec<DocumentChange>) -> Answer<()> {
        self.import("storage.update-documents", |floor| floor.update_documents(&matter, &changes))
    }
    fn list_grants(&mut self, matter: MatterId, contacts: Option<Vec<ContactId>>) -> Answer<Vec<AccessGrant>> {
        self.import("storage.list-grants", |floor| floor.list_grants(&matter, contacts))
    }
    fn put_grants(&mut self, matter: MatterId, grants: Vec<AccessGrant>) -> Answer<()> {
        self.import("storage.put-grants", |floor| floor.put_grants(&matter, grants))
    }
    fn list_granted_matters(&mut self, contact: ContactId) -> Answer<Vec<GrantedMatter>> {
        self.import("storage.list-granted-matters", |floor| floor.list_granted_matters(&contact))
    }
    fn list_shared(
        &mut self,
        matter: MatterId,
        documents: Vec<DocumentId>,
        contacts: Option<Vec<ContactId>>,
    ) -> Answer<Vec<SharedDocument>> {
        self.import("storage.list-shared", |floor| floor.list_shared(&matter, &documents, contacts))
    }
    fn put_shared(&mut self, matter: MatterId, shared: Vec<SharedDocument>) -> Answer<()> {
        self.import("storage.put-shared", |floor| floor.put_shared(&matter, shared))
    }
    fn count_shared(&mut self, matter: MatterId, contacts: Option<Vec<ContactId>>) -> Answer<Vec<SharedCount>> {
        self.import("storage.count-shared", |floor| floor.count_shared(&matter, contacts))
    }
    fn forget_contacts(&mut self, matter: MatterId, contacts: Vec<ContactId>) -> Answer<()> {
        self.import("storage.forget-contacts", |floor| floor.forget_contacts(&matter, &contacts))
    }
    fn list_watchers(&mut self, matter: MatterId) -> Answer<Vec<Watcher>> {
        self.import("storage.list-watchers", |floor| floor.list_watchers(&matter))
    }
    fn set_watchers(&mut self, matter: MatterId, watchers: Vec<Watcher>) -> Answer<()> {
        self.import("storage.set-watchers", |floor| floor.set_watchers(&matter, watchers))
    }
    fn get_revision(&mut self, matter: MatterId, section: Section) -> Answer<u32> {
        self.import("storage.get-revision", |floor| floor.get_revision(&matter, section))
    }
    fn raise_revision(&mut self, matter: MatterId, section: Section, current: u32) -> Answer<u32> {
        self.import("storage.raise-revision", |floor| floor.raise_revision(&matter, section, current))
    }
}

impl<T: Tx> mail::Host for State<T> {
    fn enqueue(&mut self, notices: Vec<Notice>) -> Answer<()> {
        self.import("mail.enqueue", |floor| floor.enqueue(&notices))
    }
}

impl<T: Tx> audit::Host for State<T> {
    fn append(&mut self, entries: Vec<AuditEntry>) -> Answer<()> {
        self.import("audit.append", |floor| floor.append(entries))
    }
}

impl<T: Tx> logging::Host for State<T> {
    fn log(&mut self, level: logging::Level, message: String) -> wasmtime::Result<()> {
        self.count("logging.log")?;
        // One line of the host's log, however much the guest has to say.
        let line: String = message.chars().filter(|c| !c.is_control()).take(500).collect();
        match level {
            logging::Level::Debug => tracing::debug!(target: "plugin", "{line}"),
            logging::Level::Info => tracing::info!(target: "plugin", "{line}"),
            logging::Level::Warn => tracing::warn!(target: "plugin", "{line}"),
            logging::Level::Error => tracing::error!(target: "plugin", "{line}"),
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_is_not_let_onto_a_processor_has_not_had_its_time() {
        let deadline = Duration::from_millis(20);
        let meter = Meter::new(&Limits { deadline, total: Duration::from_secs(600), ..Limits::reference() });
        // Time passes, and nothing is computed.
        std::thread::sleep(2 * deadline);
        assert!(meter.overdue().is_none());
        let stopped = std::iter::repeat_with(|| meter.overdue()).flatten().next();
        assert!(stopped.is_some_and(|stop| stop.blame == Blame::Guest));
        let meter = Meter::new(&Limits { deadline, total: Duration::ZERO, ..Limits::reference() });
        assert!(meter.overdue().is_some_and(|stop| stop.blame == Blame::Host));
    }
}
