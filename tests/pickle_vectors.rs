//! Pickles of CPython's own tests, and rules of its unpicklers: we read what it reads, or say why not.

#[path = "pickle/describe.rs"]
mod describe;
#[path = "support/python.rs"]
mod python;
#[path = "pickle/rules.rs"]
mod rules;
#[path = "pickle/vectors.rs"]
mod vectors;

use describe::describe;
use frames_pickle::{Graph, Node, Reader, read};
use rules::{Ours, RULES};
use std::io::Write;
use std::process::Stdio;
use vectors::VECTORS;

/// What CPython's two unpicklers, that in C and that in Python, make of each pickle; `None` where the user skips Python.
fn in_python(pickles: &[Vec<u8>]) -> Option<Vec<[String; 2]>> {
    if python::skip() {
        return None;
    }
    let interpreter = python::interpreter().unwrap_or_else(|reason| panic!("{reason}"));
    let mut command = python::isolated(interpreter);
    command.arg(python::workspace().join("tests/python/unpickle.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines: String = pickles
        .iter()
        .map(|pickle| pickle.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
        .collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<[String; 2]> = text
        .lines()
        .map(|line| line.split_once('\t').map(|(c, python)| [c.to_owned(), python.to_owned()]).unwrap())
        .collect();
    assert_eq!(answers.len(), pickles.len());
    Some(answers)
}

fn is_read(answer: &str) -> bool {
    !answer.starts_with('!')
}

/// Reads it, and does with it all that there is.
fn exercise(pickle: &[u8]) -> Option<Graph<'_>> {
    let graph = read(pickle).ok()?;
    assert_eq!(graph, graph.clone());
    assert!(format!("{graph:?}").len() < 1 << 16);
    Some(graph)
}

#[test]
fn vectors_are_what_cpython_makes_of_them() {
    let pickles: Vec<Vec<u8>> = VECTORS.iter().map(|(_, pickle)| pickle.to_vec()).collect();
    let ours: Vec<Graph<'_>> = VECTORS.iter().map(|(name, pickle)| read(pickle).expect(name)).collect();
    // Five protocols, one object but for the class of a class, which protocols 0 and 1 make by a call.
    assert_eq!(format!("{:?}", ours[3]), format!("{:?}", ours[4]));
    assert!(
        format!("{:?}", ours[0]).starts_with("[0, 1, 2.0, builtins.complex(3.0, 0.0), 1, -1, 255, -255, -256, 65535")
    );
    let Some(theirs) = in_python(&pickles) else { return };
    for (((name, _), ours), theirs) in VECTORS.iter().zip(&ours).zip(&theirs) {
        assert_eq!(describe(ours), theirs[0], "{name}");
        assert_eq!(theirs[0], theirs[1], "{name}");
    }
}

#[test]
fn what_is_cut_is_an_error_for_both() {
    let cuts: Vec<Vec<u8>> =
        VECTORS.iter().flat_map(|(_, pickle)| (0..pickle.len()).map(|len| pickle[..len].to_vec())).collect();
    cuts.iter().for_each(|cut| assert!(read(cut).is_err(), "{}", cut.escape_ascii()));
    println!("{} truncations", cuts.len());
    let Some(theirs) = in_python(&cuts) else { return };
    for (cut, [c, python]) in cuts.iter().zip(theirs) {
        assert!(!is_read(&c) && !is_read(&python), "{}: {c} {python}", cut.escape_ascii());
    }
}

#[test]
fn a_changed_byte_is_no_panic() {
    let (mut count, mut good) = (0, 0);
    for (_, pickle) in VECTORS {
        let mut changed = pickle.to_vec();
        for at in 0..pickle.len() {
            // All that there are would take long; in three bytes they are.
            for byte in (at as u8 % 3..=255).step_by(3) {
                changed[at] = byte;
                good += usize::from(exercise(&changed).is_some());
                count += 1;
            }
            changed[at] = pickle[at];
        }
    }
    println!("{count} mutations, {good} still read");
    assert!(good > count / 20, "most are in payloads: {good} of {count}");
}

#[test]
fn rules_are_those_of_cpython() {
    for (pickle, rule) in RULES {
        let ours = read(pickle);
        let wanted = matches!(rule, Ours::Reads | Ours::Laxer(_));
        assert_eq!(ours.is_ok(), wanted, "{}: {:?}", pickle.escape_ascii(), ours.map_err(|error| error.to_string()));
    }
    let pickles: Vec<Vec<u8>> = RULES.iter().map(|(pickle, _)| pickle.to_vec()).collect();
    let Some(theirs) = in_python(&pickles) else { return };
    let mut wrong = Vec::new();
    for ((pickle, rule), [c, python]) in RULES.iter().zip(&theirs) {
        let is_so = match rule {
            Ours::Reads => c == python && *c == describe(&read(pickle).unwrap()),
            Ours::Refuses => !is_read(c) && !is_read(python),
            Ours::Stricter(why) => !why.is_empty() && (is_read(c) || is_read(python)),
            Ours::Laxer(why) => !why.is_empty() && !is_read(c) && !is_read(python),
        };
        if !is_so {
            wrong.push(format!("{}: {rule:?}, but {c} and {python}", pickle.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The protocol may change on the way, and with it what a name means: CPython looks at the last `PROTO` each time. The script behind the rules
/// knows only the first.
#[test]
fn names_are_those_of_the_protocol_in_which_they_are_named() {
    let old = b"V__builtin__\np0\nVlong\np1\n\x93";
    for (protocols, expected) in [
        (&[2][..], "builtins.int, builtins.int"),
        (&[4], "builtins.int, __builtin__.long"),
        (&[4, 2], "builtins.int, __builtin__.long, builtins.int"),
        (&[3, 4, 1], "builtins.int, __builtin__.long, __builtin__.long, builtins.int"),
    ] {
        let again: Vec<u8> = protocols.iter().flat_map(|protocol| [0x80, *protocol, b'h', 0, b'h', 1, 0x93]).collect();
        let pickle = [b"(", &old[..], &again, b"t."].concat();
        let graph = read(&pickle).unwrap();
        let Node::Tuple(items) = graph.node(graph.root()) else { panic!() };
        let names = items.iter().map(|item| match graph.node(*item) {
            Node::Global(global) => format!("{global:?}"),
            other => panic!("{other:?}"),
        });
        assert_eq!(names.collect::<Vec<_>>().join(", "), expected, "{protocols:?}");
    }
}

/// What differs is refused also where a reader is told more.
#[test]
fn buffers_and_ids_are_checked() {
    let reader = Reader::new().buffers([frames_pickle::Buffer::from(vec![1])]);
    assert!(reader.read(b"\x97.").is_ok());
    assert!(reader.read(b"\x97\x98.").is_ok());
    assert!(reader.read(b"\x97\x97.").is_err());
    assert!(reader.read(b"N.").is_err());
    // Where the next pickle starts is no question.
    assert!(Reader::new().read_prefix(b"\x95\x03\0\0\0\0\0\0\0N.N.").is_err());
    assert_eq!(Reader::new().read_prefix(b"\x95\x02\0\0\0\0\0\0\0N.N.").unwrap().1, 11);
    // A code is one object, however often it is named.
    let known = Reader::new().extensions(|_| Some(("__builtin__".into(), "long".into())));
    assert_eq!(format!("{:?}", known.read(b"\x80\x02\x82\x07\x82\x07\x86.").unwrap()), "(builtins.int, builtins.int)");
    assert_eq!(format!("{:?}", known.read(b"\x80\x03\x82\x07.").unwrap()), "__builtin__.long");
    // What an id is made of was made, whatever is found for it.
    let found = Reader::new().persistent_ids(|_, _| Ok(true.into()));
    assert_eq!(format!("{:?}", found.read(b"cm\nf\n)RQ.").unwrap()), "m.f(); True");
}

#[test]
fn what_is_dropped_is_not_out_of_sight() {
    let runs = [
        &b"cm\nf\n)R0N."[..],
        b"(cm\nf\n)R1N.",
        b"(cm\nf\n)Rl0N.",
        b"(cm\nf\n)Rt\x850N.",
        b"}Ncm\nf\n)Rs0N.",
        b"cm\nf\n)RN.",
        b"]cm\nf\n)RaN.",
        b"(cm\nf\n)R\x91N.",
    ];
    for pickle in runs {
        let graph = read(pickle).unwrap();
        assert!(format!("{graph:?}").contains("m.f()"), "{}: {graph:?}", pickle.escape_ascii());
    }
    // What the root has, or nobody runs, is not told of.
    for quiet in [&b"](cm\nf\n)Rq\0e0h\0."[..], b"](NNe0N.", b"cm\nf\n)Rq\0\x850h\0."] {
        assert!(read(quiet).unwrap().discarded().is_empty(), "{}", quiet.escape_ascii());
    }
    // The state of a function, as cloudpickle sets it; but not where the call may be seen.
    assert_eq!(format!("{:?}", read(b"cm\nf\n)Rq\0cm\ns\nh\0N\x86R0.").unwrap()), "m.f().set_by(m.s, None)");
    assert_eq!(format!("{:?}", read(b"cm\nf\n)Rq\0cm\ns\nh\0N\x86Rq\x010.").unwrap()), "m.s(&0 m.f(), None); *0");
}

#[test]
fn what_is_named_often_is_shown_short() {
    let name = "n".repeat(10_000);
    let count = 1000;
    let inputs = [
        format!("(c{name}\n{name}\np0\n{}l.", "h\0".repeat(count)),
        format!("(V{name}\np0\n{}l.", "h\0".repeat(count)),
        format!("(L{}\np0\n{}l.", "9".repeat(4000), "h\0".repeat(count)),
        format!("cm\nf\n(V{name}\ntR{}N.", "2".repeat(count)),
    ];
    for input in inputs {
        let graph = read(input.as_bytes()).unwrap();
        assert!(format!("{graph:?}").len() < 500 * count, "{}", &input[..10]);
        assert_eq!(graph, read(input.as_bytes()).unwrap());
    }
    // A class that is changed by itself.
    assert_eq!(format!("{:?}", read(b"cm\nC\nq\0(h\0e.").unwrap()), "&0 m.C.extend([*0])");
    assert_eq!(format!("{:?}", read(b"\x82\x07q\0(h\0e.").unwrap()), "&0 <extension 7>.extend([*0])");
    assert_eq!(format!("{:?}", read(b"Pa\nq\0h\0b.").unwrap()), r#"&0 <persistent "a">.__setstate__(*0)"#);
}
