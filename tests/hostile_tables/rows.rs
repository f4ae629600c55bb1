//! Packed rows that lie: about their number, their lengths, their codes, their own frames, their schema and their tables.

use super::*;

#[test]
fn counts_of_rows_and_frames_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let lies = |honest: u64| [0, honest.wrapping_sub(1), honest + 1, 1 << 20, u32::MAX.into(), 1 << 60, u64::MAX];
        let mut refused = 0;
        for case in cases().iter().filter(|case| case.name.starts_with("Rust")) {
            let Value::Map(keys) = at(&mut case.tree(), "sub-header").clone() else { continue };
            // Plain values are packed too; what is not is a list or an array.
            let Some((_, tables)) = keys.iter().find(|(k, _)| k.as_str() == Some("tables")) else { continue };
            for n in 0.. {
                let mut left = n;
                let Some(honest) = nth_count(&mut tables.clone(), &mut left, None) else { break };
                for lie in lies(honest).into_iter().filter(|&lie| lie != honest) {
                    let mut tables = tables.clone();
                    nth_count(&mut tables, &mut n.clone(), Some(lie.into()));
                    case.with_part("tables", tables).must_fail(&format!("{lie} rows for {honest}"));
                    refused += 1;
                }
                for wrong in [Value::from(-1), Value::Nil, "3".into(), 1.5.into(), Value::Array(vec![])] {
                    let mut tables = tables.clone();
                    nth_count(&mut tables, &mut n.clone(), Some(wrong));
                    case.with_part("tables", tables).must_fail("rows that are no count");
                    refused += 1;
                }
            }
            let own = keys.iter().find(|(k, _)| k.as_str() == Some("own")).and_then(|(_, v)| v.as_array()).unwrap();
            let mut wrong = vec![Value::from(own.len()), Value::Nil, Value::Array([&own[..], &[0.into()]].concat())];
            if let Some((last, rest)) = own.split_last() {
                let last = last.as_u64().unwrap();
                wrong.push(rest.to_vec().into());
                let lies = lies(last).into_iter().filter(|&lie| lie != last);
                wrong.extend(lies.map(|lie| Value::Array([rest, &[lie.into()]].concat())));
            }
            for wrong in wrong {
                case.with_part("own", wrong.clone()).must_fail(&format!("{wrong} for own frames of {own:?} bytes"));
                refused += 1;
            }
        }
        assert!(refused > 500, "{refused}");
        eprintln!("counts: {refused} refused");
    });
}

/// The `left`th count of rows in a tree of tables, which is replaced.
fn nth_count(tables: &mut Value, left: &mut usize, by: Option<Value>) -> Option<u64> {
    let Value::Array(parts) = tables else { return None };
    let (rows, children) = parts.split_first_mut()?;
    if *left == 0 {
        let honest = rows.as_u64();
        if let Some(by) = by {
            *rows = by;
        }
        return honest;
    }
    *left -= 1;
    children.iter_mut().find_map(|child| nth_count(child, left, by.clone()))
}

#[test]
fn rows_without_bytes_cost_no_more_than_their_limit() {
    on_a_small_stack(|| {
        for case in
            [packed(&vec![(); 3]), packed(&vec![Unit; 3]), packed(&vec![OnlyUnits { a: (), b: Unit, c: [(); 3] }; 3])]
        {
            for lie in [(1u64 << 20) + 1, 1 << 32, 1 << 60, u64::MAX] {
                case.with_part("tables", Value::Array(vec![lie.into()])).must_fail("rows without bytes");
            }
        }
        // Under a list: each row may say a length, and all of them together are bounded.
        #[derive(FrameSerialize, Clone, Default, Debug)]
        #[frames(name = "hostile::Empty", view)]
        struct Empty {
            #[frames(skip)]
            absent: [u64; 4],
        }
        records! { Empty { ; Empty::default() } }
        let _ = Empty::default().absent;
        let lists = packed(&vec![vec![Empty::default()]; 2]);
        for (rows, each) in [(4096u32, 128u32), (4096, 1 << 20), (2, 1 << 31), (2, (1 << 31) - 1), (1000, u32::MAX)] {
            let inner = Value::Array(vec![(u64::from(rows) * u64::from(each)).into()]);
            let hostile = lists.with_part("tables", Value::Array(vec![rows.into(), inner]));
            let started = std::time::Instant::now();
            hostile.with_frame(0, each.to_le_bytes().repeat(rows as usize)).must_fail("many lists of nothing");
            assert!(started.elapsed().as_secs() < 5, "{rows} rows of {each} take {:?}", started.elapsed());
        }
        // Behind a pointer: no bytes either, and memory of its own.
        let boxes = packed(&vec![Box::new(Empty::default()); 3]);
        for lie in [2_000u64, 1 << 19, (1 << 20) + 1, 1 << 60] {
            let tables = Value::Array(vec![lie.into(), Value::Array(vec![lie.into()])]);
            boxes.with_part("tables", tables).must_fail("boxes of nothing");
        }
        // What other bytes have paid for passes.
        let paid = packed(&vec![vec![Empty::default(); 8]; 100]);
        assert_eq!(paid.attack(), 0);
        let units = packed(&vec![vec![(); 2]; 2]);
        let (rows, each) = (1u32 << 12, 1u32 << 20);
        let inner = Value::Array(vec![(u64::from(rows) * u64::from(each)).into()]);
        let hostile = units.with_part("tables", Value::Array(vec![rows.into(), inner]));
        hostile.with_frame(0, each.to_le_bytes().repeat(rows as usize)).must_fail("many lists of nothing");
    });
}

#[test]
fn parts_of_rows_that_lie_are_an_error() {
    on_a_small_stack(|| {
        // The last frames: rows, then text.
        let texts = packed(&vec![("žž".to_string(), true), ("aaaa".to_string(), false)]);
        let row = |len: u32, flag: u8| [&len.to_le_bytes()[..], &[flag]].concat();
        let mut refused = 0;
        for (a, b) in [(3, 5), (8, 1), (0, 7), (u32::MAX, 8), (8, u32::MAX), (1, 7), (9, 0), (u32::MAX, u32::MAX)] {
            texts.with_frame(0, [row(a, 1), row(b, 0)].concat()).must_fail(&format!("texts of {a} and {b} bytes"));
            refused += 1;
        }
        for flag in [2, 3, 128, 255] {
            texts.with_frame(0, [row(4, flag), row(4, 0)].concat()).must_fail("a flag that is neither");
            refused += 1;
        }
        for bytes in [&b"\xff\xfe\xfd\xfcaaaa"[..], b"\xc5\xbe\xc5\xbe\xc5aaa", b"aaaaaaa\xc5", b"\xed\xa0\x80aaaaa"] {
            texts.with_frame(1, bytes.to_vec()).must_fail("text that is none");
            refused += 1;
        }
        for flag in [2, 255] {
            packed(&vec![Some(1u8), None]).with_frame(0, vec![flag, 1, 0, 0]).must_fail("a flag of 2");
            packed(&vec![Some(Some(true)), None]).with_frame(0, vec![1, flag]).must_fail("a flag of 2");
            let absent = packed(&vec![Some(true), None]);
            assert_eq!(absent.with_frame(0, vec![1, 1, 0, flag]).attack(), 0, "what is not there is not looked at");
            absent.with_frame(0, vec![1, flag, 0, 0]).must_fail("a flag of 2");
            packed(&vec![[true, false]]).with_frame(0, vec![1, flag]).attack();
            refused += 2;
        }
        // Optional text: no text where there is some, and some where there is none.
        let maybe = packed(&vec![Some("ab".to_string()), None]);
        for lens in [[0, 0], [u32::MAX, u32::MAX], [2, 1], [u32::MAX - 1, u32::MAX], [1, u32::MAX]] {
            maybe.with_frame(0, lens.map(u32::to_le_bytes).concat()).must_fail("lengths of no text");
            refused += 1;
        }
        eprintln!("parts: {refused} refused");
    });
}

#[test]
fn codes_of_variants_that_lie_are_an_error() {
    on_a_small_stack(|| {
        #[derive(FrameSerialize, Clone, Debug)]
        #[frames(name = "hostile::Kinds", view)]
        struct Kinds {
            kind: Kind,
            many: Many,
        }
        records! { Kinds { kind, many } }
        let kinds = packed(&vec![Kinds { kind: Kind::First, many: Many::V259 }]);
        assert_eq!(kinds.frames[0].len(), 3);
        for code in [[3, 0, 0], [255, 0, 0], [0, 4, 1], [0, 255, 255]] {
            let error = kinds.with_frame(0, code.to_vec()).must_fail("a code of no variant");
            assert_eq!(error.kind(), ErrorKind::UnknownVariant, "{error}");
        }
        let choices = packed(&vec![Choice::Newtype(1.5), Choice::Text("ž".into()), Choice::Unit]);
        for codes in [[1u32, 1, 0], [2, 2, 0], [2, 1, 1], [0, 0, 0], [14, 2, 0], [u32::MAX, 2, 0], [1, 2, 3], [7, 2, 0]]
        {
            choices.with_frame(0, codes.map(u32::to_le_bytes).concat()).must_fail(&format!("the codes {codes:?}"));
        }
        // The data of the same variants in another order of rows is another value.
        assert_eq!(choices.with_frame(0, [2u32, 1, 0].map(u32::to_le_bytes).concat()).attack(), 0);
    });
}

#[test]
fn frames_of_a_lists_own_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let large = packed(&vec![(1u8, vec![0.5f64; 600]), (2, vec![1.5; 3])]);
        assert_eq!(large.frames.len(), 3, "one of its own, rows, elements");
        for bytes in [4799, 4801, 1, 7, 0, 4792, 4808] {
            large.with_frame(0, vec![0u8; bytes]).must_fail("an own frame of another number of elements");
        }
        for own in [vec![], vec![4800, 0], vec![4800, 33, 24], vec![4799], vec![u64::MAX]] {
            let own = own.into_iter().map(Value::from).collect::<Vec<_>>();
            large.with_part("own", own.into()).must_fail("other own frames");
        }
        // Arrays, too, are whole.
        let arrays = packed(&vec![(1u8, vec![[0.5f32; 3]; 600])]);
        for bytes in [7199, 7201, 11, 1, 0, 7188] {
            arrays.with_frame(0, vec![0u8; bytes]).must_fail("an own frame of another number of arrays");
        }
        // Both rows claim it, none does, and text has none.
        let row = |n: u8, len: u32| [&[n][..], &len.to_le_bytes()].concat();
        let own = |number: u32| 1 << 31 | number;
        let lies = [(own(0), own(0)), (600, 3), (3, 3), (own(0), 2), (own(0), 4), (own(1), 3), (own(0), own(1))];
        for (a, b) in lies.into_iter().chain([(u32::MAX, 3), (own(0), u32::MAX)]) {
            large.with_frame(1, [row(1, a), row(2, b)].concat()).must_fail(&format!("lists of {a} and {b}"));
        }
        let swapped = large.with_frame(1, [row(1, 3), row(2, own(0))].concat());
        assert_eq!(swapped.attack(), 0, "the lists change places");
        let records = packed(&vec![vec![Inner { id: 1, text: "t".into(), x: 0.5 }]]);
        records.with_frame(0, own(0).to_le_bytes().to_vec()).must_fail("records with a frame of their own");
    });
}

#[test]
fn a_schema_that_lies_or_nests_is_an_error() {
    on_a_small_stack(|| {
        let mut refused = 0;
        let honest = packed(&vec![Node { label: "a".into(), next: None, children: vec![], value: vec![1] }]);
        let start = find(&honest.header, b"\xa6schema").unwrap() + 7;
        let end = find(&honest.header, b"\xa3own").unwrap();
        let with = |schema: &[u8]| {
            let mut header = honest.header.clone();
            header.splice(start..end, schema.iter().copied());
            Case { header, ..honest.clone() }
        };
        let mut schemas =
            vec![b"\xc0".to_vec(), b"\x90".to_vec(), b"\x80".to_vec(), b"\xa4text".to_vec(), b"\xa3<f8".to_vec()];
        for depth in [100, 1000, 2000, 10_000, 100_000] {
            for (open, leaf) in
                [(&b"\x91"[..], &b"\xc0"[..]), (b"\x92\xa4list", b"\xa3<f8"), (b"\x81\xa1a", b"\xa4text")]
            {
                schemas.push([&open.repeat(depth), leaf].concat());
            }
        }
        schemas.push([&b"\xdd\x00\x10\x00\x00"[..], &[0xc0; 1 << 20]].concat());
        schemas.push([&b"\xdb\x00\x10\x00\x00"[..], &[b'x'; 1 << 20]].concat());
        schemas.extend([b"\x92\xa5again\x01".to_vec(), b"\x92\xa5again\xcf\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()]);
        for schema in schemas {
            let error = with(&schema).must_fail("another schema");
            assert!(matches!(error.kind(), ErrorKind::Mismatch | ErrorKind::Limit), "{error}");
            refused += 1;
        }
        for key in ["schema", "own", "tables"] {
            let mut tree = honest.tree();
            let Value::Map(keys) = at(&mut tree, "sub-header") else { unreachable!() };
            keys.retain(|(k, _)| k.as_str() != Some(key));
            honest.with_tree(&tree).must_fail("a key less");
            refused += 1;
        }
        assert!(refused > 20);
    });
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[test]
fn tables_that_nest_without_end_or_are_not_used_are_an_error() {
    on_a_small_stack(|| {
        let node = packed(&vec![Node { label: String::new(), next: None, children: vec![], value: vec![1] }]);
        // Children in children: one row each, in the frames that such rows would have.
        for depth in [20usize, 100, 5_000] {
            let mut tables = [0x93, 0x01, 0xc0].repeat(depth);
            tables.extend_from_slice(b"\x93\x01\xc0\xc0");
            let at = find(&node.header, b"\xa6tables").unwrap() + 7;
            let header = [&node.header[..at], &tables].concat();
            let frames = (0..3 * depth + 3).map(|i| node.frames[i % node.frames.len()].clone()).collect();
            Case { header, frames, ..node.clone() }.must_fail("nested tables");
        }
        for tables in
            [vec![], vec![1.into()], vec![1.into(), Value::Nil], vec![1.into(), Value::Nil, Value::Nil, Value::Nil]]
        {
            node.with_part("tables", Value::Array(tables)).must_fail("another number of tables");
        }
        for nothing in [Value::Nil, 1.into(), Value::Map(vec![]), "table".into()] {
            node.with_part("tables", nothing).must_fail("no tables");
        }
        // Elements that belong to no list.
        let lists = packed(&vec![vec![1u16, 2], vec![3]]);
        for lens in [[0u32, 0], [2, 0], [1, 1], [3, 1], [2, 2], [u32::MAX, 0]] {
            lists.with_frame(0, lens.map(u32::to_le_bytes).concat()).must_fail(&format!("lists of {lens:?} elements"));
        }
        assert_eq!(lists.with_frame(0, [1u32, 2].map(u32::to_le_bytes).concat()).attack(), 0);
        lists.with_part("tables", Value::Array(vec![2.into(), Value::Nil])).must_fail("no elements");
    });
}
