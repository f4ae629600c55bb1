//! Portable columns that lie: offsets, flags, masks, shapes, strides, and arrays that are repeated.

use super::*;
use std::collections::BTreeMap;

/// Rows of a record of one column.
macro_rules! columns {
    ($name:literal: $type:ty = $($value:expr),*) => {{
        #[derive(FrameSerialize, Clone, Debug)]
        #[frames(name = $name, view)]
        struct Column {
            column: $type,
        }
        records! { Column { column } }
        vec![$(Column { column: $value }),*]
    }};
}

#[test]
fn offsets_and_flags_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let lists = portable(&columns!("hostile::Lists": Vec<u16> = vec![1, 2], vec![], vec![3]));
        assert_eq!(lists.frames[0].len(), 32, "the offsets");
        let good = [0i64, 2, 2, 3];
        assert_eq!(lists.frames[0][..], good.map(i64::to_le_bytes).concat());
        let mut refused = 0;
        for index in 0..4 {
            for lie in [-1, 0, 1, 2, 3, 4, i64::MAX, i64::MIN, 1 << 40, -3] {
                let mut bad = good;
                bad[index] = lie;
                let rises = bad.windows(2).all(|w| w[0] <= w[1]) && bad[0] == 0 && bad[3] == 3;
                let hostile = lists.with_frame(0, bad.map(i64::to_le_bytes).concat());
                assert_eq!(hostile.attack(), usize::from(!rises), "{bad:?}");
                refused += usize::from(!rises);
            }
        }
        assert!(refused > 25, "{refused}");
        lists.with_frame(0, Vec::new()).must_fail("no offsets");
        lists.with_frame(1, vec![1, 0, 2, 0]).must_fail("an element less");

        // Flags and values; the mask of a masked array.
        let maybes = portable(&columns!("hostile::Maybes": Option<Vec<u16>> = Some(vec![1]), None, Some(vec![])));
        let flags = maybes.frames.iter().position(|f| f[..] == [1, 0, 1]).expect("the flags");
        for lie in [[0, 0, 1], [1, 1, 1], [0, 0, 0], [2, 0, 1], [1, 0, 255]] {
            maybes.with_frame(flags, lie.to_vec()).must_fail(&format!("the flags {lie:?}"));
        }
        let masked = portable(&columns!("hostile::Masked": Option<f64> = Some(1.5), None, Some(2.5)));
        let mask = masked.frames.iter().position(|f| f[..] == [0, 1, 0]).expect("the mask");
        for lie in [&[0u8, 1][..], &[0, 1, 0, 0], &[], &[0, 2, 0]] {
            masked.with_frame(mask, lie.to_vec()).must_fail("another mask");
        }
        // Each number in the header, as others: shapes, strides, frames, rows.
        let mut tried = 0;
        refused = 0;
        for case in
            [&lists, &maybes, &masked, &portable(&columns!("hostile::Arrays": [f64; 2] = [1.5, 2.5], [0.5, -1.5]))]
        {
            let honest = case.read().unwrap();
            for n in 0.. {
                let mut any = false;
                for lie in [0i64, 1, 2, 5, 7, -1, -8, i64::MIN, i64::MAX, 1 << 32] {
                    let mut tree = case.tree();
                    any = nth_number(&mut tree, &mut n.clone(), lie);
                    let hostile = case.with_tree(&tree);
                    tried += 1;
                    match hostile.read() {
                        Err(error) => {
                            check(&error);
                            refused += 1;
                        }
                        // Strides that overlap are other values; nothing else is.
                        Ok(value) => assert!(
                            value == honest || lie.unsigned_abs() < 8,
                            "{}: number {n} as {lie} became another value: {tree}",
                            case.name
                        ),
                    }
                }
                if !any {
                    break;
                }
            }
        }
        assert!(tried > 300 && refused > 250, "{refused} of {tried}");
        eprintln!("portable: {refused} refused of {tried}");
    });
}

/// Puts a number in the place of the `left`th of a tree.
fn nth_number(value: &mut Value, left: &mut usize, lie: i64) -> bool {
    match value {
        Value::Integer(_) if *left == 0 => {
            *value = lie.into();
            true
        }
        Value::Integer(_) => {
            *left -= 1;
            false
        }
        Value::Array(items) => items.iter_mut().any(|v| nth_number(v, left, lie)),
        Value::Map(entries) => entries.iter_mut().any(|(_, v)| nth_number(v, left, lie)),
        _ => false,
    }
}

#[test]
fn arrays_of_columns_in_a_broadcast_make_no_rows_that_nobody_paid() {
    on_a_small_stack(|| {
        // Flags said once and repeated: each buys the room of a large record.
        let rows = columns!("hostile::Wide": Option<[u64; 16]> = None, None);
        let value: BTreeMap<u8, _> = (0..20).map(|i| (i, rows.clone())).collect();
        let honest = case(Reader::Any, &value, |_, _| ());
        let mut tree = honest.tree();
        let changed = broadcast(&mut tree, 2, 4096);
        assert!(changed >= 20, "{changed}");
        let mut hostile = honest.with_tree(&tree);
        for frame in &mut hostile.frames {
            if frame[..] == [0, 0] {
                *frame = Bytes::from_static(&[0]);
            }
        }
        hostile.must_fail("flags that are repeated");
        // A column said once, of records that are larger in memory than on the wire.
        #[derive(FrameSerialize, Clone, Default, Debug)]
        #[frames(name = "hostile::Larger", view)]
        struct Larger {
            id: u8,
            #[frames(skip)]
            rest: [u64; 32],
        }
        records! { Larger { id; Larger::default() } }
        let _ = Larger::default().rest;
        assert_eq!(portable(&vec![Larger::default(); 400]).attack(), 0, "each row has its byte");
        let honest = portable(&vec![Larger::default(); 2]);
        let mut tree = honest.tree();
        assert_eq!(broadcast(&mut tree, 2, 4096), 1);
        honest.with_tree(&tree).with_frame(0, vec![0]).must_fail("a column that is repeated");
    });
}

/// Makes arrays of shape `[from]` one element, repeated `to` times; gives how many.
fn broadcast(value: &mut Value, from: u64, to: u64) -> usize {
    match value {
        Value::Map(entries) => {
            let mut n = 0;
            let is_array =
                entries.iter().any(|(k, v)| k.as_str() == Some("shape") && *v == Value::Array(vec![from.into()]));
            if is_array {
                n += 1;
                for (key, value) in entries.iter_mut() {
                    match key.as_str() {
                        Some("shape") => *value = Value::Array(vec![to.into()]),
                        Some("strides") => *value = Value::Array(vec![0.into()]),
                        _ => {}
                    }
                }
            }
            for (key, value) in entries.iter_mut() {
                if key.as_str() == Some("rows") && *value == Value::from(from) {
                    *value = to.into();
                }
                n += broadcast(value, from, to);
            }
            n
        }
        Value::Array(items) => items.iter_mut().map(|v| broadcast(v, from, to)).sum(),
        _ => 0,
    }
}
