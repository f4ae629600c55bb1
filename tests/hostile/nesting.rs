//! Values that nest without end, in every form that nests: msgpack, collections, objects, families, decodes inside of decodes.

use super::*;

// ---- nesting without end

#[test]
fn msgpack_that_nests_without_end_is_an_error() {
    on_a_small_stack(|| {
        for depth in [65usize, 1000, 100_000] {
            let lists = vec![0x91; depth];
            let maps: Vec<u8> = [0x81, 0xa1, b'k'].repeat(depth);
            let nodes: Vec<u8> = b"\x83\xa5value\x90\xa8children\x90\xa4next".repeat(depth);
            let children: Vec<u8> = b"\x83\xa5value\x90\xa4next\xc0\xa8children\x91".repeat(depth);
            let list: Vec<u8> = b"\x81\xa4Cons\x92\x01".repeat(depth);
            let options: Vec<u8> = b"\x81\xa4Some".repeat(depth);
            let end = |mut bytes: Vec<u8>| {
                bytes.push(0xc0);
                bytes
            };
            inline_bytes::<Value>(end(lists.clone())).must_fail("nested lists");
            inline_bytes::<Value>(end(maps)).must_fail("nested maps");
            inline_bytes::<Node>(end(nodes.clone())).must_fail("nested nodes");
            inline_bytes::<Vec<Node>>([&[0x91][..], &end(nodes)].concat()).must_fail("nested nodes");
            inline_bytes::<Node>(end(children)).must_fail("nested nodes");
            inline_bytes::<List<u8>>(end(list)).must_fail("nested variants");
            inline_bytes::<Option<Option<Option<u8>>>>(end(options)).must_fail("nested options");
            inline_bytes::<AnyValue>(end(lists.clone())).must_fail("nested lists");
            inline_bytes::<Vec<Vec<Vec<u8>>>>(end(lists.clone())).must_fail("nested lists");
            inline_bytes::<BTreeMap<u8, Vec<Value>>>(end([&b"\x81\x01"[..], &lists].concat()))
                .must_fail("nested lists");
            // The same in a header, under a key that nobody knows: it is passed over, however deep.
            let mut header = b"\x82\xaaserializer\xa7msgpack\xa1x".to_vec();
            header.extend(end(lists));
            let over = Case { header, ..inline::<u8>(&1.into()) };
            over.attack().unwrap();
            let header = HeaderRef::new(&over.header).unwrap();
            assert!(header.to_string().contains("bytes that are not"), "a tree that deep is not made");
            check(&header.to_value().unwrap_err());
            check(&header.get::<Vec<Vec<u8>>>("x").unwrap_err());
        }
    });
}

/// `inner` wrapped in a header `depth` times, by a function of what it wraps.
fn nested(depth: usize, inner: &[u8], before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut header = before.repeat(depth);
    header.extend_from_slice(inner);
    header.extend_from_slice(&after.repeat(depth));
    header
}

#[test]
fn collections_that_nest_without_end_are_an_error() {
    on_a_small_stack(|| {
        let plain = b"\x81\xaaserializer\xa7msgpack";
        let before = b"\x84\xabsub-headers\x91";
        for kind in [&b"\xa4list"[..], b"\xa5tuple", b"\xa3set"] {
            let after = [b"\xadis-collection\xc3\xadframe-lengths\x91\x01\xaftype-serialized", kind].concat();
            for depth in [65usize, 2000] {
                let header = nested(depth, plain, before, &after);
                let frames = vec![Bytes::from_static(b"\x01")];
                let decodes: [Decode; 7] = [
                    |h, f| deserialize::<AnyValue>(h, f.into()).map(drop),
                    |h, f| deserialize::<AnyCollection>(h, f.into()).map(drop),
                    |h, f| deserialize::<Value>(h, f.into()).map(drop),
                    |h, f| deserialize::<Vec<Vec<u8>>>(h, f.into()).map(drop),
                    |h, f| deserialize::<Range<u8>>(h, f.into()).map(drop),
                    |h, f| deserialize::<u8>(h, f.into()).map(drop),
                    |h, f| deserialize::<Shape>(h, f.into()).map(drop),
                ];
                for decode in decodes {
                    let name = format!("a collection of {depth} levels");
                    Case { name, header: header.clone(), frames: frames.clone(), decode }.must_fail("no end");
                }
            }
        }
    });
}

#[test]
fn objects_that_nest_without_end_are_an_error() {
    on_a_small_stack(|| {
        let leaf = case(&Node { value: vec![], next: None, children: vec![] });
        for depth in [65usize, 1000, 5_000] {
            // By `next`: our own form, byte for byte, so that the fast path is taken.
            let mut leaf_next = Node { value: vec![], next: None, children: vec![] };
            leaf_next.next = Some(Box::new(Node { value: vec![], next: None, children: vec![] }));
            let two = case(&leaf_next);
            let at = find(&two.header, b"\xa4next").unwrap() + 5;
            let inner = find(&two.header[at..], &leaf.header).map(|i| i + at);
            let Some(inner) = inner else { panic!("a node in a node is not the node itself") };
            let (before, after) = (&two.header[..inner], &two.header[inner + leaf.header.len()..]);
            let header = nested(depth, &leaf.header, before, after);
            let mut hostile = Case { header, ..leaf.clone() };
            hostile.frames = vec![Bytes::new(); 2 * depth + 1];
            hostile.must_fail("nested nodes");
        }
    });
}

#[test]
fn an_object_as_deep_as_is_allowed_fits_the_stack() {
    on_a_small_stack(|| {
        // The deepest values that can be written are read again, in each form.
        let mut chain = Node { value: vec![], next: None, children: vec![] };
        let mut tree = chain.clone();
        let mut list = List::<u8>::Nil;
        let mut texts = List::<Vec<u8>>::Nil;
        let mut deepest = [0; 4];
        for _ in 0..64 {
            chain = Node { value: vec![1], next: Some(Box::new(chain)), children: vec![] };
            tree = Node { value: vec![1], next: None, children: vec![tree] };
            list = List::Cons(1, Box::new(list));
            texts = List::Cons(vec![1], Box::new(texts));
            deepest[0] += fits(&chain);
            deepest[1] += fits(&tree);
            deepest[2] += fits(&list);
            deepest[3] += fits(&texts);
        }
        for levels in deepest {
            assert!(levels >= 12, "honest data of ten levels passes: {deepest:?}");
        }
    });
}

/// 1 if the value can be written: then it can be read too.
#[track_caller]
fn fits<T: FrameSerialize + PartialEq>(value: &T) -> usize {
    match serialize(value) {
        Ok((header, frames)) => {
            let same = deserialize::<T>(&header, frames.clone());
            assert!(same.unwrap_or_else(|e| panic!("what was written is not read: {e}")) == *value);
            deserialize_any(&header, frames).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
            1
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            0
        }
    }
}

// ---- families

#[test]
fn a_family_that_is_not_allowed_or_not_known_is_an_error_that_names_it() {
    // A collection is of no family: its items are kept as they came, to be forwarded.
    let is_collection = |case: &Case| find(&case.header, b"is-collection").is_some();
    for case in cases().into_iter().filter(|c| !is_collection(c)) {
        let header = HeaderRef::new(&case.header).unwrap();
        let decoder = Decoder::new().families(["nothing"]);
        let error = decoder.deserialize_any(header, case.frames.clone().into()).unwrap_err();
        check_discreet(&error);
        assert_eq!(error.kind(), ErrorKind::Family, "{}: {error}", case.name);
    }
    let value = case(&vec![1.0f64]);
    let header = HeaderRef::new(&value.header).unwrap();
    let error = Decoder::new().families(["msgpack"]).deserialize::<Vec<f64>>(header, value.frames.into()).unwrap_err();
    assert!(error.kind() == ErrorKind::Family && error.to_string().contains("\"dask\""), "{error}");

    for family in ["cuda", "", &"x".repeat(100_000), "žž\0\n"] {
        let header = Header::new().with("serializer", family).unwrap().into_bytes();
        let unknown = Case { header, ..inline::<u8>(&1.into()) };
        let error = unknown.attack().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Family, "{error}");
    }
}

/// A family that translates into itself, and one that makes the values of the other.
fn same<'f>(header: HeaderRef<'_>, frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
    Ok((header.to_owned(), frames))
}
inventory::submit! { Family { name: "loop", decode: same, encode: None, any: None, dynamic: None } }
inventory::submit! { Family { name: "ping", decode: |_, frames| Ok((Header::new().with("serializer", "pong")?, frames)), encode: None, any: None, dynamic: None } }
inventory::submit! { Family { name: "pong", decode: |_, frames| Ok((Header::new().with("serializer", "ping")?, frames)), encode: None, any: None, dynamic: None } }

#[test]
fn families_that_translate_in_a_circle_are_an_error() {
    on_a_small_stack(|| {
        for family in ["loop", "ping"] {
            let header = Header::new().with("serializer", family).unwrap().into_bytes();
            let circle = Case { header, ..inline::<u8>(&1.into()) };
            let decodes: [Decode; 6] = [
                |h, f| deserialize::<u8>(h, f.into()).map(drop),
                |h, f| deserialize::<Vec<f64>>(h, f.into()).map(drop),
                |h, f| deserialize::<Sample>(h, f.into()).map(drop),
                |h, f| deserialize::<Vec<Row>>(h, f.into()).map(drop),
                |h, f| deserialize::<Shape>(h, f.into()).map(drop),
                |h, f| deserialize::<(u8, u8)>(h, f.into()).map(drop),
            ];
            for decode in decodes {
                let error = Case { decode, ..circle.clone() }.attack().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            }
        }
    });
}

// ---- functions of a field's own, and types by hand, are part of the decode that calls them

mod boxed {
    use super::*;

    pub(super) fn serialize(next: &Option<Box<Chain>>) -> Result<(Header, Frames<'_>)> {
        frames_core::serialize(next)
    }

    pub(super) fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Option<Box<Chain>>> {
        frames_core::deserialize(header, frames)
    }
}

#[derive(FrameSerialize)]
struct Chain {
    #[frames(with = "boxed")]
    next: Option<Box<Chain>>,
}

#[test]
fn a_decode_inside_of_a_decode_counts_its_levels() {
    on_a_small_stack(|| {
        let leaf = case(&Chain { next: None });
        let two = case(&Chain { next: Some(Box::new(Chain { next: None })) });
        let inner = find(&two.header, &leaf.header).unwrap();
        let (before, after) = (&two.header[..inner], &two.header[inner + leaf.header.len()..]);
        for depth in [65, 3000] {
            let header = nested(depth, &leaf.header, before, after);
            let error = Case { header, ..leaf.clone() }.attack().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            // The same as msgpack: `{"next": {"next": …}}`.
            let maps: Vec<u8> = b"\x81\xa4next".repeat(depth);
            inline_bytes::<Chain>([&maps[..], b"\xc0"].concat()).must_fail("nested maps");
        }
    });
}

#[test]
fn a_decode_inside_of_a_decode_has_its_settings() {
    let value = Chain { next: None };
    let (header, frames) = serialize(&value).unwrap();
    let error = Decoder::new().families(["dask"]).deserialize::<Chain>(&header, frames).err().unwrap();
    assert_eq!((error.kind(), &*error.path()), (ErrorKind::Family, "next"), "{error}");
}
