//! What a process asked of its system, in order, as `strace -f -y` writes it; and whether everything that an answer
//! promises was on the disk before its first byte.

use std::collections::HashMap;

use super::flows::Flow;

/// The calls that the proof needs to see.
pub(super) const CALLS: &str = "openat,write,writev,pwrite64,sendto,sendmsg,recvfrom,read,fsync,fdatasync,sync_file_range,\
                         rename,renameat,renameat2,link,linkat";

/// One call. Its places are those of the lines on which it began and ended.
#[derive(Debug)]
struct Call {
    begins: usize,
    ends: usize,
    name: String,
    /// Arguments and answer.
    text: String,
}

impl Call {
    fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    fn is_sync(&self) -> bool {
        self.is(&["fsync", "fdatasync"]) && self.went_well()
    }

    fn went_well(&self) -> bool {
        self.ends != usize::MAX && !self.text.contains("= -1 ")
    }

    /// Whether its first argument is this file.
    fn on(&self, file: &str) -> bool {
        self.text.split_once('<').is_some_and(|(_, rest)| rest.starts_with(&format!("{file}>")))
    }

    /// The file that is its first argument.
    fn file(&self) -> &str {
        self.text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(file, _)| file)
    }

    /// What stands in quotes.
    fn quoted(&self) -> Vec<&str> {
        self.text.split('"').skip(1).step_by(2).collect()
    }
}

fn calls(trace: &[String]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut under_way: HashMap<&str, usize> = HashMap::new();
    for (line, text) in trace.iter().enumerate() {
        let Some((thread, rest)) = text.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix("<... ") {
            let Some((_, rest)) = rest.split_once("resumed>") else { continue };
            if let Some(call) = under_way.remove(thread).and_then(|at| calls.get_mut(at)) {
                call.ends = line;
                call.text.push_str(rest);
            }
            continue;
        }
        let Some((name, rest)) = rest.split_once('(') else { continue };
        let (text, ends) = match rest.strip_suffix("<unfinished ...>") {
            Some(text) => (text, usize::MAX),
            None => (rest, line),
        };
        if ends == usize::MAX {
            under_way.insert(thread, calls.len());
        }
        calls.push(Call { begins: line, ends, name: name.to_owned(), text: text.to_owned() });
    }
    calls
}

/// What was answered before it was on the disk. The flows are all that was asked for, but for what only reads.
pub(super) fn too_early(trace: &[String], flows: &[Flow]) -> Vec<String> {
    let calls = calls(trace);
    let mut faults = Vec::new();
    let mut from = 0;
    for flow in flows {
        let asked = format!("\"{} /", flow.method);
        let request =
            calls.iter().skip(from).position(|call| call.is(&["recvfrom", "read"]) && call.text.contains(&asked));
        let Some(request) = request.map(|at| at + from) else {
            faults.push(format!("{}: it was not asked for", flow.name));
            continue;
        };
        let socket = calls[request].file();
        let answers = |call: &Call| {
            call.is(&["write", "writev", "sendto", "sendmsg"]) && call.on(socket) && call.text.contains("\"HTTP/1.1 ")
        };
        let Some(answer) = calls.iter().skip(request).position(answers).map(|at| at + request) else {
            faults.push(format!("{}: it was not answered", flow.name));
            continue;
        };
        from = answer;
        if !calls[answer].text.contains("\"HTTP/1.1 2") {
            faults.push(format!("{}: {}", flow.name, calls[answer].text));
            continue;
        }
        faults.extend(
            of_one(&calls[request..answer], calls[answer].begins, flow)
                .into_iter()
                .map(|fault| format!("{}: {fault}", flow.name)),
        );
    }
    faults
}

fn of_one(calls: &[Call], answered: usize, flow: &Flow) -> Vec<String> {
    let mut faults = Vec::new();
    // Commits: what was written to the log of the database, until it was synced.
    let (mut commits, mut open) = (Vec::new(), None);
    for call in calls.iter().filter(|call| call.file().ends_with(".db-wal")) {
        if call.is(&["write", "pwrite64"]) {
            open.get_or_insert(call.begins);
        } else if call.is_sync() && call.ends < answered {
            commits.extend(open.take());
        }
    }
    if open.is_some() {
        faults.push("answered before the log of the database was synced".to_owned());
    }
    if commits.len() < flow.commits {
        faults.push(format!("{} commits in the place of {}", commits.len(), flow.commits));
    }
    let mut files = 0;
    for made in calls
        .iter()
        .filter(|call| call.is(&["openat"]) && call.text.contains("O_CREAT") && call.text.contains("/documents/"))
    {
        files += 1;
        match stored(calls, made) {
            Ok(durable) if commits.last().is_some_and(|commit| *commit > durable) => {}
            Ok(_) => faults.push("a row names a file before it is durable".to_owned()),
            Err(fault) => faults.push(fault),
        }
    }
    if files < flow.files {
        faults.push(format!("{files} files in the place of {}", flow.files));
    }
    faults
}

/// When the file that was made here is durable under its name.
fn stored(calls: &[Call], made: &Call) -> Result<usize, String> {
    let draft = *made.quoted().first().ok_or("a file without a name")?;
    let written =
        calls.iter().filter(|call| call.is(&["write", "pwrite64"]) && call.on(draft)).map(|call| call.ends).max();
    let written = written.ok_or("a file without bytes")?;
    let synced = calls.iter().find(|call| call.is_sync() && call.on(draft) && call.begins >= written);
    let synced = synced.ok_or("a file that is not synced")?.ends;
    // A link would leave the draft beside it after a loss of power.
    let renamed = calls.iter().find(|call| {
        call.name.starts_with("rename")
            && call.went_well()
            && call.quoted().first() == Some(&draft)
            && call.begins >= synced
    });
    let renamed = renamed.ok_or("a file that is not renamed after it was synced")?;
    let name = *renamed.quoted().get(1).ok_or("a file that is renamed to nothing")?;
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let listed = calls.iter().find(|call| call.is_sync() && call.on(folder) && call.begins >= renamed.ends);
    Ok(listed.ok_or("a folder that is not synced after a file was renamed into it")?.ends)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::{
        super::flows::{Body, Who},
        *,
    };

    const UPLOAD: &str = r#"1 recvfrom(9<socket:[1]>, "POST /x", 24, 0, NULL, NULL) = 24
2 pwrite64(3</d/client-connect.db-wal>, "", 24, 0) = 24
2 fdatasync(3</d/client-connect.db-wal> <unfinished ...>
1 recvfrom(9<socket:[1]>, 0x5, 24, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
2 <... fdatasync resumed>) = 0
3 openat(AT_FDCWD</>, "/d/documents/ab/ab1#1", O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0666) = 4</d/documents/ab/ab1#1>
3 write(4</d/documents/ab/ab1#1>, "", 5) = 5
3 fsync(4</d/documents/ab/ab1#1>) = 0
3 rename("/d/documents/ab/ab1#1", "/d/documents/ab/ab1") = 0
3 openat(AT_FDCWD</>, "/d/documents/ab", O_RDONLY|O_CLOEXEC) = 4</d/documents/ab>
3 fsync(4</d/documents/ab>) = 0
2 pwrite64(3</d/client-connect.db-wal>, "", 24, 24) = 24
2 fdatasync(3</d/client-connect.db-wal>) = 0
1 writev(9<socket:[1]>, [{iov_base="HTTP/1.1 201 Created"}], 1) = 20"#;

    fn found(change: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
        let mut trace: Vec<String> = UPLOAD.lines().map(str::to_owned).collect();
        change(&mut trace);
        let flow = Flow {
            name: "upload",
            who: Who::Ann,
            method: Method::POST,
            path: String::new(),
            body: Body::Bytes(Vec::new()),
            commits: 2,
            files: 1,
        };
        too_early(&trace, &[flow])
    }

    #[test]
    fn what_is_in_order_passes() {
        assert_eq!(found(|_| {}), [""; 0]);
    }

    #[test]
    fn whatever_is_missing_or_late_is_found() {
        for line in [2, 4, 6, 7, 8, 10, 11, 12] {
            assert_ne!(found(|trace| drop(trace.remove(line))), [""; 0], "without line {line}");
        }
        for (one, other) in [(6, 7), (7, 8), (8, 10), (10, 12), (12, 13)] {
            assert_ne!(found(|trace| trace.swap(one, other)), [""; 0], "{one} and {other}");
        }
        assert_ne!(found(|trace| trace[7] = trace[7].replace("= 0", "= -1 EIO (Input/output error)")), [""; 0]);
        assert_ne!(found(|trace| trace[12] = trace[12].replace("= 0", "= -1 EIO (Input/output error)")), [""; 0]);
        assert_ne!(found(|trace| trace[8] = trace[8].replace("rename", "link")), [""; 0]);
    }
}
