//! `COO` of Python's package sparse: coordinates as one array of two rows, and the values. Dask has a form of its own for it.
//!
//! Nothing of a peer's coordinates is believed: they are checked as those of scipy are.

use super::sprs::{is_wide, triplets};
use crate::classref::ClassRef;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::{FrameSerialize, TypeName};
use crate::frames::{Slot, slots_in};
use crate::impls::whole;
use crate::msgpack::{Cursor, write};
use crate::numpy::{self, ArrayItem, Element, NdArray};
use crate::writer::Writer;
use ndarray::ArrayView1;
use sprs::{SpIndex, TriMatI};
use std::borrow::Cow;

const MODULE: &str = "sparse.numba_backend._coo.core";

/// A sparse matrix that is a `sparse.COO` in Python, where a [`TriMatI`] is a `coo_matrix` of scipy. Read from both.
///
/// Python's class sorts its items and adds up those at one place; what it has in other places (its `fill_value`) Dask does not send, and is zero.
///
/// ```
/// use frames_core::SparseCoo;
/// use sprs::TriMat;
/// let matrix = SparseCoo(TriMat::from_triplets((2, 3), vec![0, 1], vec![0, 2], vec![1.5, 2.5]));
/// let (header, frames) = frames_core::serialize(&matrix)?;
/// assert_eq!(header.to_value()?["type"], "sparse.numba_backend._coo.core.COO".into());
/// assert_eq!(frames_core::deserialize::<SparseCoo<f64>>(&header, frames)?.0.col_inds(), [0, 2]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Debug, PartialEq)]
pub struct SparseCoo<N, I = usize>(pub TriMatI<N, I>);

impl<N: TypeName, I: TypeName> TypeName for SparseCoo<N, I> {
    fn type_name() -> Cow<'static, str> {
        format!("SparseCoo<{}, {}>", N::type_name(), I::type_name()).into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

impl<N, I> FrameSerialize for SparseCoo<N, I>
where
    N: ArrayItem + FrameSerialize,
    I: SpIndex + Element + TypeName,
{
    whole!();
    fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
        let SparseCoo(matrix) = self;
        is_wide((matrix.rows(), matrix.cols()), matrix.nnz())?;
        // Each is below a size that was checked.
        let places = matrix.row_inds().iter().chain(matrix.col_inds());
        let places: Vec<i64> = places.map(|place| place.index_unchecked() as i64).collect();
        writer.raw(b"\x84\xaasub-header\x84\xadcoords-header");
        numpy::write_shape(i64::TYPESTR.unwrap_or_default(), &[2, matrix.nnz()], writer)?;
        writer.frame(crate::array::vec_into_bytes(places));
        writer.raw(b"\xabdata-header");
        super::ndarray::write(ArrayView1::from(matrix.data()), writer)?;
        writer.raw(b"\xa5shape\x92");
        write::uint(&mut writer.out, matrix.rows() as u64);
        write::uint(&mut writer.out, matrix.cols() as u64);
        writer.raw(b"\xa7nframes\x92\x01\x01\xa4type");
        writer.text(&format!("{MODULE}.COO"))?;
        writer.raw(b"\xaftype-serialized");
        write::bin(&mut writer.out, &ClassRef::new(MODULE, "COO").encode())?;
        writer.raw(b"\xaaserializer\xa4dask");
        Ok(())
    }
    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        TriMatI::read_entry(cursor, slots).map(SparseCoo)
    }
}

/// True for the class, in whichever release of the package.
pub(super) fn is_coo(class: &ClassRef<'_>) -> bool {
    class.is(MODULE, "COO") || class.is("sparse._coo.core", "COO")
}

/// The header and frames of `sparse.COO`.
pub(super) fn read<N: ArrayItem + FrameSerialize, I: SpIndex>(
    mut sub: Cursor<'_>,
    slots: &mut [Slot<'_>],
) -> Result<TriMatI<N, I>> {
    let (mut coords, mut data, mut dims, mut frames) = (None, None, None, None);
    for _ in 0..sub.map()? {
        let key = sub.str()?;
        let mut at = sub;
        match key {
            "coords-header" => coords = Some(at),
            "data-header" => data = Some(at),
            "shape" => dims = Some(Vec::<u64>::read_inline(&mut at)?),
            "nframes" => frames = Some(Vec::<u64>::read_inline(&mut at)?),
            _ => {}
        }
        sub.skip()?;
    }
    let (Some(mut coords), Some(mut data), Some(dims), Some(frames)) = (coords, data, dims, frames) else {
        return Err(Error::invalid("a COO has the keys `coords-header`, `data-header`, `shape` and `nframes`"));
    };
    let total = slots.len() as u64;
    match frames[..] {
        [first, second] if first.checked_add(second) == Some(total) => {
            coords.descend()?;
            data.descend()?;
            let coords =
                NdArray::read_entry(&mut coords, slots_in(slots, 0, first)?).map_err(|e| e.at_key("coords"))?;
            let data = Vec::<N>::read_entry(&mut data, slots_in(slots, first, total)?).map_err(|e| e.at_key("data"))?;
            let [2, _] = *coords.shape() else {
                let found = format!("coordinates of shape {:?}", coords.shape());
                return Err(Error::mismatch("coordinates of 2 dimensions, shape [2, n]", found));
            };
            let [row, col] = rows(&coords)?;
            triplets(&dims, &row, &col, data)
        }
        _ => Err(Error::new(ErrorKind::FrameCount, format!("`nframes` is {frames:?}, and there are {total} frames"))),
    }
}

/// An array of shape `[2, n]` as two.
fn rows(coords: &NdArray) -> Result<[NdArray; 2]> {
    let n = coords.shape().get(1).copied().unwrap_or(0);
    let all = crate::numpy::c_bytes(coords)?;
    let (row, col) = all.split_at(all.len() / 2);
    let array = |bytes: &[u8]| NdArray::new(coords.dtype().clone(), &[n], None, bytes.to_vec());
    Ok([array(row)?, array(col)?])
}
