//! Which files changed, by looking at them from time to time: file events aren't told for what
//! Kubernetes and network disks put in place. A look takes a `stat` of each file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How files looked at one moment. Two equal ones mean that nothing was changed in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look(Vec<(PathBuf, Option<Stamp>)>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Look {
    /// Looks at these files, and at all that lie in these folders. What isn't there is remembered as
    /// that.
    pub(super) fn at<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let mut seen = Vec::new();
        for path in paths {
            look(path, &mut seen);
        }
        Self(seen)
    }
}

fn look(path: &Path, seen: &mut Vec<(PathBuf, Option<Stamp>)>) {
    use std::os::unix::fs::MetadataExt;
    // Follows links: a mounted ConfigMap is a link that is turned to other files.
    let Ok(metadata) = fs::metadata(path) else {
        seen.push((path.to_owned(), None));
        return;
    };
    let stamp =
        Stamp { changed: metadata.modified().ok(), bytes: metadata.len(), inode: metadata.ino() };
    seen.push((path.to_owned(), Some(stamp)));
    if !metadata.is_dir() {
        return;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut inside: Vec<_> = entries.map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        look(&path, seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_was_changed_replaced_added_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("inner")).unwrap();
        fs::write(at("inner/a"), "1").unwrap();
        let look = || Look::at([folder.path()].into_iter());
        let mut before = look();
        assert_eq!(before, look());
        let mut changed = |what: &str| {
            let now = look();
            assert_ne!(now, before, "{what}");
            before = now;
        };
        fs::write(at("inner/a"), "22").unwrap();
        changed("changed");
        fs::write(at("b"), "22").unwrap();
        changed("added");
        fs::rename(at("b"), at("inner/a")).unwrap();
        changed("replaced");
        fs::remove_file(at("inner/a")).unwrap();
        changed("taken away");
    }
}
