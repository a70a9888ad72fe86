//! What one call may use, and how many may run: every bound that the runtime keeps, in one place.
//!
//! There is no `Default`: whoever runs plugins says what they may use, or says in so many words that the
//! reference host's figures will do.

use std::time::Duration;

/// Bounds on a plugin, on one of its calls, and on calls beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a component that is loaded.
    pub plugin_bytes: usize,
    /// How long compiling it may take. Compiling is not stopped then, but its result is thrown away.
    pub compile: Duration,

    /// Bytes of linear memory of one call, all memories together.
    pub memory: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Core instances of one call.
    pub instances: usize,
    /// Linear memories of one call.
    pub memories: usize,
    /// Tables of one call.
    pub tables: usize,
    /// Bytes of stack that the guest may use. The calling thread must have twice as much.
    pub stack: usize,
    /// Resource handles that the guest may hold.
    pub handles: usize,

    /// Bytes that the guest may hand over with one import or answer, counted after its strings are copied.
    pub hostcall_bytes: usize,
    /// Imports that one call may use; one more ends it.
    pub host_calls: u32,
    /// Rows that one call may read, write or name in its arguments, over all its imports.
    pub rows: u32,
    /// Rows of one page of documents; who asks for more gets these and a `next`.
    pub page: u32,
    /// Notices that one call may put into the outbox.
    pub notices: u32,
    /// Audit entries that one call may append.
    pub entries: u32,
    /// Bytes kept of what the guest writes to its stdout and stderr: the last ones.
    pub stderr: usize,

    /// How long the guest may compute in one call, the time of its imports not counted.
    pub deadline: Duration,
    /// How long one call may take with its imports.
    pub total: Duration,
    /// Calls that may run at once.
    pub calls: u32,
    /// How long a call waits for others to end before it is refused as busy.
    pub wait: Duration,
    /// Traps in a row, by the plugin's own fault, after which it is put into quarantine.
    pub strikes: u32,
}

impl Limits {
    /// The reference host's figures: room for a Save of some thousand rows, and nothing that would hurt a
    /// machine of two cores and a gigabyte.
    pub fn reference() -> Self {
        Self {
            plugin_bytes: 16 << 20,
            compile: Duration::from_secs(60),
            memory: 64 << 20,
            table_elements: 10_000,
            instances: 10,
            memories: 1,
            tables: 10,
            stack: 512 << 10,
            handles: 1_024,
            hostcall_bytes: 8 << 20,
            host_calls: 2_000,
            rows: 100_000,
            page: 1_000,
            notices: 2_000,
            entries: 20_000,
            stderr: 16 << 10,
            deadline: Duration::from_millis(750),
            total: Duration::from_secs(20),
            calls: 16,
            wait: Duration::from_secs(2),
            strikes: 3,
        }
    }
}
