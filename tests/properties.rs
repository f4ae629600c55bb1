//! Laws that hold for all values: what is written is read again, in every form, by every way; and slices are slices.

#[path = "../fuzz/src/types.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "the types of the fuzz targets, of which some are used here"
)]
mod types;

use frames_core::bytes::Bytes;
use frames_core::rmpv::{self, Value};
use frames_core::{
    Array, Encoder, ErrorKind, Frame, FrameSerialize, Frames, Header, NdArray, Reader, deserialize, deserialize_any,
    deserialize_bytes, pack_frames, serialize, serialize_bytes, unpack_frames, unpack_frames_ref,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use types::*;

/// There and back in every way that there is.
#[track_caller]
fn travels<T: FrameSerialize + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let encoders = [
        Encoder::new(),
        Encoder::new().reader(Reader::Rust),
        Encoder::new().families(["msgpack", "dask"]),
        Encoder::new().families(["msgpack", "dask"]).reader(Reader::Rust),
    ];
    for (i, encoder) in encoders.into_iter().enumerate() {
        let (header, frames) = encoder.serialize(value).unwrap();
        prop_assert_eq!(&deserialize::<T>(&header, frames.clone()).unwrap(), value, "{}", header);
        prop_assert_eq!(&deserialize::<T>(&header, frames.clone().into_owned()).unwrap(), value, "{}", header);
        // Whatever the header alone makes of it is the value again when it is sent on.
        let any = match deserialize_any(&header, frames) {
            // A number beyond msgpack travels as a pickle, which only its own type reads without frames-pickle.
            Err(error) if error.kind() == ErrorKind::Family => continue,
            // Packed rows are read by their type only, which has to be known by its name; a portable form never asks.
            Err(error) if error.kind() == ErrorKind::UnknownType && i % 2 == 1 => continue,
            any => any.unwrap(),
        };
        let (header, frames) = serialize(&any).unwrap();
        prop_assert_eq!(&deserialize::<T>(&header, frames).unwrap(), value, "as {:?}: {}", any, header);
    }
    let blob = serialize_bytes(value).unwrap();
    prop_assert_eq!(&deserialize_bytes::<T>(&blob.into()).unwrap(), value);
    // The trait's own pair.
    let (header, frames) = value.serialize().unwrap();
    prop_assert_eq!(&T::deserialize(header.as_ref(), frames).unwrap(), value);
    Ok(())
}

/// Floats that equal themselves.
fn float() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("NaN equals nothing", |x| !x.is_nan())
}

fn float32() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("NaN equals nothing", |x| !x.is_nan())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\PC{0,12}", 1 => "[a-ž]{30,34}", 1 => Just("ž".repeat(9000))]
}

fn point() -> impl Strategy<Value = Point> {
    (float(), float()).prop_map(|(x, y)| Point { x, y })
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Nothing),
        float().prop_map(Shape::Radius),
        vec(float(), 0..4).prop_map(Shape::Path),
        (any::<u8>(), vec(any::<u8>(), 0..4)).prop_map(|(n, b)| Shape::Tuple(n, b.into())),
        (any::<u8>(), any::<i16>()).prop_map(|(a, b)| Shape::Small(a, b)),
        (any::<u8>(), vec(float(), 0..3)).prop_map(|(side, corners)| Shape::Named { side, corners }),
        (any::<u8>(), proptest::option::of(text())).prop_map(|(side, text)| Shape::SmallNamed { side, text }),
    ]
}

fn sample_value() -> impl Strategy<Value = Sample> {
    let layers = btree_map(any::<u8>(), vec(float32(), 0..4).prop_map(Array::from), 0..4);
    let first = (any::<u32>(), text(), vec(float(), 0..5), proptest::option::of(text()));
    let second = (point(), vec(any::<u8>(), 0..5), btree_map(text(), any::<i64>(), 0..4), layers);
    (first, second).prop_map(|((id, name, values, note), (position, raw, tags, layers))| Sample {
        id,
        name,
        values,
        note,
        position,
        raw,
        tags,
        layers,
    })
}

fn row_value() -> impl Strategy<Value = Row> {
    let first = (float(), any::<bool>(), text(), vec(any::<u8>(), 0..4), proptest::option::of(any::<i32>()), point());
    let second = (vec(float32(), 0..3), shape(), (any::<u8>(), text()), float(), vec(any::<u8>(), 0..3));
    (first, second, any::<u16>(), vec(point(), 0..3)).prop_map(|(first, second, default, rows)| {
        let (number, flag, text, bytes, maybe, point) = first;
        let (array, shape, pair, meters, reversed) = second;
        let (array, meters, marker, skipped) = (array.into(), Meters(meters), Marker, 0);
        Row {
            number,
            flag,
            text,
            bytes,
            maybe,
            point,
            array,
            shape,
            pair,
            meters,
            marker,
            reversed,
            default,
            skipped,
            rows,
        }
    })
}

fn node_value() -> impl Strategy<Value = Node> {
    let leaf = vec(any::<u8>(), 0..3).prop_map(|value| Node { value, next: None, children: Vec::new() });
    leaf.prop_recursive(4, 12, 3, |inner| {
        (vec(any::<u8>(), 0..3), proptest::option::of(inner.clone()), vec(inner, 0..3))
            .prop_map(|(value, next, children)| Node { value, next: next.map(Box::new), children })
    })
}

/// A msgpack tree without floats that are NaN, and with keys of every kind.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        float().prop_map(Value::from),
        text().prop_map(Value::from),
        vec(any::<u8>(), 0..6).prop_map(Value::Binary),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            vec((inner.clone(), inner), 0..20).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn integers_travel(a: u8, b: i16, c: u32, d: i64, e: u64, f: u128, g: i128, h: usize) {
        travels(&a)?;
        travels(&b)?;
        travels(&c)?;
        travels(&d)?;
        travels(&e)?;
        travels(&f)?;
        travels(&g)?;
        travels(&(a, b, (c, d), e, h))?;
        travels(&(f, g))?;
    }

    #[test]
    fn a_number_is_read_as_another_type_exactly_or_not_at_all(n: i128) {
        // Half of them are small: otherwise hardly one would fit.
        for n in [n, n >> 64, n >> 100, n >> 120] {
            let (header, frames) = serialize(&n).unwrap();
            prop_assert_eq!(deserialize::<i128>(&header, frames.clone()).ok(), Some(n));
            prop_assert_eq!(deserialize::<u128>(&header, frames.clone()).ok(), n.try_into().ok());
            if i64::try_from(n).is_ok() || u64::try_from(n).is_ok() {
                prop_assert_eq!(deserialize::<u8>(&header, frames.clone()).ok(), n.try_into().ok());
                prop_assert_eq!(deserialize::<i32>(&header, frames.clone()).ok(), n.try_into().ok());
                prop_assert_eq!(deserialize::<u64>(&header, frames.clone()).ok(), n.try_into().ok());
                let float = deserialize::<f64>(&header, frames.clone()).ok();
                prop_assert!(float.is_none_or(|x| x as i128 == n), "{} became {:?}", n, float);
                let float = deserialize::<f32>(&header, frames).ok();
                prop_assert!(float.is_none_or(|x| x as i128 == n), "{} became {:?}", n, float);
            }
        }
    }

    #[test]
    fn floats_keep_every_bit(bits: u64, small: u32) {
        let (wide, narrow) = (f64::from_bits(bits), f32::from_bits(small));
        let (header, frames) = serialize(&wide).unwrap();
        prop_assert_eq!(deserialize::<f64>(&header, frames).unwrap().to_bits(), bits);
        let (header, frames) = serialize(&narrow).unwrap();
        prop_assert_eq!(deserialize::<f32>(&header, frames).unwrap().to_bits(), small);
        let data = vec![f64::from_bits(bits); 3];
        let (header, frames) = serialize(&data).unwrap();
        prop_assert_eq!(deserialize::<Vec<f64>>(&header, frames).unwrap()[2].to_bits(), bits);
    }

    #[test]
    fn text_and_bytes_travel(a in text(), b in vec(any::<u8>(), 0..300), c: char, many in vec(text(), 0..5)) {
        travels(&a)?;
        travels(&b)?;
        travels(&Bytes::from(b.clone()))?;
        travels(&c)?;
        travels(&many)?;
        travels(&(a, b, many))?;
    }

    #[test]
    fn options_of_options_travel(
        a: Option<Option<Option<u8>>>,
        b in vec(proptest::option::of(proptest::option::of(vec(float(), 0..3))), 0..4),
        c: Option<Result<u8, Option<()>>>,
        d: Option<bool>,
    ) {
        travels(&a)?;
        travels(&b)?;
        travels(&c)?;
        travels(&(a, d, Some(b)))?;
    }

    #[test]
    fn arrays_travel(
        a in vec(float(), 0..20),
        b: Vec<u8>,
        c: Vec<i16>,
        d: Vec<bool>,
        e: Vec<usize>,
        f: [i32; 4],
        g: Vec<[u16; 3]>,
        h: Vec<i128>,
    ) {
        travels(&a)?;
        travels(&Array::from(a.clone()))?;
        travels(&b)?;
        travels(&c)?;
        travels(&d)?;
        travels(&e)?;
        travels(&f)?;
        travels(&g)?;
        travels(&Array::from(g))?;
        travels(&h)?;
        travels(&vec![a, vec![]])?;
        travels(&vec![Array::from(c), Array::default()])?;
        travels(&std::collections::VecDeque::from(e))?;
    }

    #[test]
    fn maps_and_sets_with_odd_keys_travel(
        a in btree_map(any::<i64>(), text(), 0..5),
        b in btree_map((any::<u8>(), any::<char>()), vec(float(), 0..3), 0..5),
        c in btree_map(proptest::option::of(any::<bool>()), vec(any::<u8>(), 0..3), 0..4),
        d in btree_set(any::<i128>(), 0..5),
        e in btree_set(text(), 0..5),
        f in btree_map(text(), btree_map(vec(any::<u16>(), 0..3), any::<()>(), 0..3), 0..3),
    ) {
        travels(&a)?;
        travels(&a.clone().into_iter().collect::<HashMap<_, _>>())?;
        travels(&b)?;
        travels(&c)?;
        travels(&d)?;
        travels(&e)?;
        travels(&f)?;
        travels(&(a, b, c, e))?;
    }

    #[test]
    fn times_and_ranges_travel(secs in any::<u64>(), nanos in 0u32..1_000_000_000, back in any::<u32>(), start: i8, end: i8) {
        travels(&Duration::new(secs, nanos))?;
        let time = SystemTime::UNIX_EPOCH.checked_sub(Duration::new(back.into(), nanos));
        travels(&time)?;
        travels(&(start..end))?;
        travels(&(start..=end))?;
        travels(&vec![(start.., ..end)])?;
    }

    #[test]
    fn trees_travel(value in tree()) {
        travels(&value)?;
        travels(&vec![value.clone(), Value::Nil])?;
        travels(&BTreeMap::from([(1u8, value)]))?;
    }

    #[test]
    fn derived_values_travel(sample in sample_value(), shape in shape(), node in node_value()) {
        travels(&sample)?;
        travels(&shape)?;
        travels(&node)?;
        travels(&Pair(1, sample.values.clone()))?;
        travels(&Some((sample, shape, vec![node])))?;
    }

    #[test]
    fn columns_travel(rows in vec(row_value(), 0..5), samples in vec(sample_value(), 0..4), pixels in vec(any::<u32>(), 0..5)) {
        travels(&rows)?;
        travels(&vec![rows.clone(), Vec::new()])?;
        travels(&samples)?;
        travels(&pixels.iter().map(|&id| pixel(id)).collect::<Vec<_>>())?;
        travels(&rows.into_iter().next())?;
    }

    #[test]
    fn variants_in_bulk_travel(shapes in vec(shape(), 0..8)) {
        travels(&shapes)?;
        travels(&shapes.into_iter().map(|s| (s.clone(), Box::new(s))).collect::<Vec<_>>())?;
    }

    #[test]
    fn a_record_is_read_from_a_dict_in_any_order(values in vec(float(), 0..4), raw in vec(any::<u8>(), 0..4), order in Just([0, 1, 2]).prop_shuffle()) {
        #[derive(FrameSerialize, Debug, PartialEq)]
        #[frames(name = "properties::Three")]
        struct Three {
            values: Vec<f64>,
            raw: Vec<u8>,
            more: Vec<f64>,
        }
        let three = Three { values: values.clone(), raw: raw.clone(), more: values.clone() };
        // A dict collection whose items stand in another order: the keys of a `BTreeMap` are sorted, so they are renamed.
        let names = ["values", "raw", "more"];
        let as_floats = raw.iter().map(|&b| f64::from(b)).collect::<Vec<f64>>();
        let items: BTreeMap<usize, (&str, &Vec<f64>)> =
            order.iter().enumerate().map(|(at, &i)| (at, (names[i], [&values, &as_floats, &values][i]))).collect();
        let items: Vec<Value> = items.values().map(|(name, v)| {
            let (header, _) = serialize(*v).unwrap();
            let Value::Map(mut keys) = header.to_value().unwrap() else { unreachable!() };
            keys.push(("key".into(), (*name).into()));
            Value::Map(keys)
        }).collect();
        let header = Value::Map(vec![
            ("sub-headers".into(), Value::Array(items)),
            ("is-collection".into(), true.into()),
            ("frame-lengths".into(), Value::Array(vec![1.into(); 3])),
            ("type-serialized".into(), "dict".into()),
        ]);
        let header = Header::from_value(&header).unwrap();
        let frames: Frames<'_> = order.iter().map(|&i| {
            let (_, frames) = serialize([&values, &as_floats, &values][i]).unwrap();
            frames.into_one().unwrap()
        }).collect();
        // `raw` is an array of floats there, which are no bytes.
        prop_assert!(deserialize::<Three>(&header, frames.clone()).is_err());
        #[derive(FrameSerialize, Debug, PartialEq)]
        #[frames(name = "properties::Floats")]
        struct Floats {
            values: Vec<f64>,
            raw: Vec<f64>,
            more: Vec<f64>,
        }
        let floats = deserialize::<Floats>(&header, frames).unwrap();
        prop_assert_eq!(floats, Floats { values, raw: as_floats, more: three.more.clone() });
        travels(&three)?;
    }

    #[test]
    fn a_record_is_read_from_a_map_of_either_kind(sample in sample_value(), shape in shape()) {
        // A dict of one type, whose values have headers or have none.
        #[derive(FrameSerialize, Debug, PartialEq)]
        #[frames(name = "properties::Two")]
        struct Two {
            a: Vec<f64>,
            b: Vec<f64>,
        }
        let two = Two { a: sample.values.clone(), b: vec![1.0] };
        let map = HashMap::from([("b".to_string(), two.b.clone()), ("a".to_string(), two.a.clone())]);
        for families in [["dask", "msgpack"], ["msgpack", "dask"]] {
            let (header, frames) = Encoder::new().families(families).serialize(&map).unwrap();
            prop_assert_eq!(&deserialize::<Two>(&header, frames).unwrap(), &two);
            let (header, frames) = Encoder::new().families(families).serialize(&two).unwrap();
            prop_assert_eq!(&deserialize::<HashMap<String, Vec<f64>>>(&header, frames).unwrap(), &map);
        }
        // What Python's msgpack makes of the whole value.
        for value in [inline(&sample.position), inline(&shape)].into_iter().flatten() {
            let header = Header::new().with("serializer", "msgpack").unwrap();
            let frames = || Frames::from(Frame::from(&value[..]));
            let found = deserialize::<Point>(&header, frames()).ok();
            let other = deserialize::<Shape>(&header, frames()).ok();
            prop_assert!(found == Some(sample.position) || other.as_ref() == Some(&shape));
        }
    }

    #[test]
    fn a_header_is_what_rmpv_says(
        entries in btree_map("[a-z]{1,40}", (any::<i64>(), proptest::option::of(text()), vec(float(), 0..4)), 0..20),
    ) {
        let mut header = Header::new();
        for (key, value) in &entries {
            header.insert(key, value).unwrap();
            prop_assert!(header.insert(key, value).is_err(), "a key is there once");
        }
        let value = |(n, text, floats): &(i64, Option<String>, Vec<f64>)| {
            let text = text.as_deref().map_or(Value::Nil, Value::from);
            Value::Array(vec![(*n).into(), text, floats.iter().copied().map(Value::from).collect()])
        };
        let tree = Value::Map(entries.iter().map(|(k, v)| (k.as_str().into(), value(v))).collect());
        prop_assert_eq!(rmpv::decode::read_value(&mut header.as_bytes()).unwrap(), tree.clone());
        prop_assert_eq!(&header.to_value().unwrap(), &tree);
        prop_assert_eq!(&Header::from_value(&tree).unwrap(), &header);
        prop_assert_eq!(Header::from_bytes(header.as_bytes().to_vec()).unwrap(), header.clone());
        let view = header.as_ref();
        prop_assert_eq!(view.keys().unwrap(), entries.keys().map(String::as_str).collect::<Vec<_>>());
        for (key, value) in &entries {
            prop_assert_eq!(&view.get::<(i64, Option<String>, Vec<f64>)>(key).unwrap(), value);
        }
        prop_assert!(view.get_opt::<u8>("A").unwrap().is_none());
    }

    #[test]
    fn slices_of_frames_are_slices(data in vec(any::<u8>(), 0..40), a in 0usize..50, b in 0usize..50) {
        for frame in [Frame::from(&data[..]), Frame::from(data.clone())] {
            let slice = frame.slice(a..b);
            prop_assert_eq!(slice.as_ref().ok().map(|f| &f[..]), data.get(a..b));
            prop_assert_eq!(frame.slice(a..).ok().map(Frame::into_vec), data.get(a..).map(<[u8]>::to_vec));
            prop_assert_eq!(frame.slice(..=b).ok().map(Frame::into_vec), data.get(..=b).map(<[u8]>::to_vec));
            if let Ok(slice) = slice {
                prop_assert_eq!(slice.is_shared(), frame.is_shared());
                prop_assert!(slice.is_empty() || slice.as_ptr() == frame[a..].as_ptr());
                prop_assert_eq!(slice.into_owned().into_vec(), &data[a..b]);
            }
        }
    }

    #[test]
    fn slices_of_arrays_are_slices(data: Vec<u32>, a in 0usize..120, b in 0usize..120, value: u32) {
        let (header, frames) = serialize(&data).unwrap();
        let received: Array<u32> = deserialize(&header, frames.into_owned()).unwrap();
        for array in [Array::from(data.clone()), received] {
            let end = b.min(data.len());
            let expected = &data[a.min(end)..end];
            let mut slice = array.slice(a..b);
            prop_assert_eq!(&slice[..], expected);
            prop_assert_eq!(&slice.slice(1..)[..], expected.get(1..).unwrap_or(&[]));
            if let Some(first) = slice.make_mut().first_mut() {
                *first = value;
            }
            prop_assert_eq!(&array[..], &data[..], "a slice that is changed is its own");
            prop_assert_eq!(slice.first().copied(), (!expected.is_empty()).then_some(value));
            prop_assert_eq!(array.slice(a..b).into_vec(), expected);
            prop_assert_eq!(&array.slice(a..b).into_frame()[..], bytemuck::cast_slice::<u32, u8>(expected));
            prop_assert_eq!(array.into_vec(), data.clone());
        }
    }

    #[test]
    fn an_array_of_any_dtype_is_what_was_sent(data: Vec<i64>) {
        let (header, frames) = serialize(&data).unwrap();
        let array: NdArray = deserialize(&header, frames).unwrap();
        prop_assert_eq!(array.shape(), [data.len() as u64]);
        prop_assert_eq!(array.to_vec::<i64>().unwrap(), data);
        travels(&array)?;
    }

    #[test]
    fn what_is_packed_is_unpacked(frames in vec(vec(any::<u8>(), 0..40), 0..12)) {
        let packed = Bytes::from(pack_frames(&frames));
        prop_assert_eq!(packed.len(), 8 * (1 + frames.len()) + frames.iter().map(Vec::len).sum::<usize>());
        prop_assert_eq!(unpack_frames(&packed).unwrap(), frames.clone());
        let borrowed = unpack_frames_ref(&packed).unwrap();
        prop_assert!(borrowed.iter().map(|f| &f[..]).eq(frames.iter().map(|f| &f[..])));
    }

    #[test]
    fn frames_are_taken_once(lengths in vec(0usize..9, 0..9), ranges in vec((0usize..10, 0usize..10), 0..6)) {
        let mut frames: Frames<'_> = lengths.iter().map(|&n| Frame::from(vec![n as u8; n])).collect();
        let mut there: Vec<Option<usize>> = lengths.iter().copied().map(Some).collect();
        for (a, b) in ranges {
            let expected = there.get(a..b).and_then(|part| part.iter().copied().collect::<Option<Vec<_>>>());
            let taken = frames.take_range(a..b).ok();
            prop_assert_eq!(taken.map(|f| f.iter().map(|f| f.len()).collect::<Vec<_>>()), expected.clone());
            if expected.is_some() {
                there[a..b].fill(None);
            }
            prop_assert_eq!(frames.total_bytes(), there.iter().flatten().sum::<usize>());
            prop_assert_eq!(frames.len(), there.len());
        }
    }
}

fn inline<T: FrameSerialize>(value: &T) -> Option<Vec<u8>> {
    let (_, frames) = Encoder::new().families(["msgpack"]).serialize(value).ok()?;
    Some(frames.into_one().unwrap().into_vec())
}

#[test]
fn sets_are_sets() {
    let twice = vec![1u8, 1];
    let (header, frames) = serialize(&twice).unwrap();
    assert!(deserialize::<BTreeSet<u8>>(&header, frames).is_err(), "nothing is dropped silently");
}
