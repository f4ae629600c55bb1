//! `SmallVec` travels as the slice that it is.

use crate::error::Result;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::impls::seqs::slices;
use crate::impls::{name_of, whole};
use crate::msgpack::Cursor;
use crate::table::{self, Place, Schema, Sinks, Sources, Unpacker};
use crate::writer::Writer;
use smallvec::SmallVec;

slices! {
    [T: FrameSerialize, const N: usize] SmallVec<[T; N]>, "SmallVec<{}>", [T; N], |items| Ok(SmallVec::from_vec(items));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TypeName, deserialize, serialize};

    #[test]
    fn few_and_many_are_what_a_vec_is() {
        for len in [0u32, 2, 3, 100] {
            let data: SmallVec<[u32; 2]> = (0..len).collect();
            let (header, frames) = serialize(&data).unwrap();
            assert_eq!(frames.get(0).unwrap().as_ptr(), data.as_ptr().cast());
            let vec = data.to_vec();
            assert_eq!(header, serialize(&vec).unwrap().0);
            let back: SmallVec<[u32; 2]> = deserialize(&header, frames.clone()).unwrap();
            assert_eq!((back.spilled(), &back), (len > 2, &data));
            let other: SmallVec<[u32; 8]> = deserialize(&header, frames).unwrap();
            assert_eq!(other[..], data[..]);
        }
        assert_eq!(SmallVec::<[u8; 4]>::type_name(), "SmallVec<[u8; 4]>");
        let texts: SmallVec<[String; 1]> = ["a".into(), "b".into()].into_iter().collect();
        let (header, frames) = serialize(&texts).unwrap();
        assert_eq!(deserialize::<SmallVec<[String; 1]>>(&header, frames.into_owned()).unwrap(), texts);
    }
}
