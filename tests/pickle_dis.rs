//! The disassembly of pickles, against `pickletools.dis` of the Python that is there: the same text, and an error for the same pickles. And the
//! report of what they name, against a loader that notes what it is asked for.

mod support;

use frames_pickle::{Buffer, Reader};
use std::collections::{BTreeMap, BTreeSet};
use support::python;

struct Case {
    name: String,
    pickle: Vec<u8>,
    text: String,
    error: String,
    /// What a loader looks up, if it can load it.
    found: Option<BTreeSet<String>>,
}

fn cases() -> Vec<Case> {
    let interpreter = python::interpreter().unwrap();
    let script = python::workspace().join("tests/python/pickle_dis.py");
    let output = python::isolated(interpreter).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rest = &output.stdout[..];
    let mut part = || {
        let (len, after) = rest.split_first_chunk::<4>()?;
        let (part, after) = after.split_at(u32::from_le_bytes(*len) as usize);
        rest = after;
        Some(part.to_vec())
    };
    let mut cases = Vec::new();
    while let (Some(name), Some(pickle), Some(text), Some(error), Some(found)) =
        (part(), part(), part(), part(), part())
    {
        let [name, text, error] = [name, text, error].map(|part| String::from_utf8(part).unwrap());
        cases.push(Case { name, pickle, text, error, found: serde_json::from_slice(&found).unwrap() });
    }
    cases
}

#[test]
fn the_text_is_that_of_pickletools() {
    if python::skip() {
        return;
    }
    let cases = cases();
    names_are_those_that_are_found(&cases);
    let (mut good, mut bad, mut partial) = (0, 0, 0);
    let mut names = BTreeMap::new();
    for Case { name, pickle, text, error, .. } in &cases {
        let shown = || format!("{name}: {}{error}", pickle.get(..200).unwrap_or(pickle).escape_ascii());
        let mut ours = String::new();
        let done = frames_pickle::disassemble_to(pickle, &mut ours);
        if error.is_empty() {
            done.unwrap_or_else(|e| panic!("{}: {e}", shown()));
            same(&ours, text, &shown());
            if !name.starts_with("mutation") && !name.starts_with("random") {
                frames_pickle::opcodes(pickle)
                    .for_each(|opcode| *names.entry(opcode.unwrap().name()).or_insert(0) += 1);
            }
            assert_eq!(&frames_pickle::disassemble(pickle).unwrap(), text);
            good += 1;
            continue;
        }
        assert!(done.is_err(), "{}", shown());
        assert!(frames_pickle::disassemble(pickle).is_err());
        bad += 1;
        // Python ends in the middle of a line where it did not expect to end.
        if text.is_empty() || text.ends_with('\n') {
            same(&ours, text, &shown());
            partial += 1;
        }
    }
    println!(
        "{good} texts are the same, {bad} pickles are refused by both, {partial} of them with the same text before"
    );
    assert!(good > 1500 && bad > 7000 && bad - partial < 200, "{good} {bad} {partial}");
    let names: BTreeSet<&str> = names.into_keys().collect();
    assert_eq!(names.len(), 68, "opcodes that are not in a pickle: there are but {names:?}");
}

#[track_caller]
fn names_are_those_that_are_found(cases: &[Case]) {
    let (mut same, mut with_names) = (0, 0);
    for Case { name, pickle, found, .. } in cases {
        let Some(found) = found else { continue };
        // As many buffers as it asks for.
        let asked = frames_pickle::opcodes(pickle).flatten().filter(|opcode| opcode.name() == "NEXT_BUFFER").count();
        let buffers = vec![Buffer::from(vec![0; 8]); asked];
        let Ok((graph, _)) = Reader::new().buffers(buffers).read_prefix(pickle) else {
            assert!(
                name.starts_with("mutation") || name.starts_with("random") || name.starts_with("by hand"),
                "{name}"
            );
            continue;
        };
        let report = graph.report();
        let ours: BTreeSet<String> = report.callables().iter().map(|callable| callable.to_string()).collect();
        assert_eq!(&ours, found, "{name}: {}", pickle.get(..300).unwrap_or(pickle).escape_ascii());
        assert!(report.to_string().starts_with("pickle: "));
        same += 1;
        with_names += usize::from(!found.is_empty());
    }
    println!("{same} pickles name what a loader looks up, {with_names} of them anything");
    assert!(same > 2000 && with_names > 1500, "{same} {with_names}");
}

/// Large texts are compared by line, to be read where they differ.
#[track_caller]
fn same(ours: &str, theirs: &str, shown: &str) {
    if ours != theirs {
        for (ours, theirs) in ours.lines().zip(theirs.lines()) {
            assert_eq!(ours, theirs, "{shown}");
        }
        panic!("{shown}: {} and {} lines\n{ours}\n{theirs}", ours.lines().count(), theirs.lines().count());
    }
}
