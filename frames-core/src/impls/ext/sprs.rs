//! Sparse matrices of the crate sprs are those of scipy: `CsMatI` is a `csr_matrix` or `csc_matrix`, `TriMatI` a `coo_matrix`.
//!
//! Read are also `csr_array`, `csc_array` and `coo_array` (pickles, through the family of them) and, as a `TriMatI`, `COO` of the package
//! sparse, which is written as a [`SparseCoo`](crate::SparseCoo). Nothing of a peer's indices is believed: bounds and order are checked before sprs sees them. What scipy allows and sprs does
//! not: rows whose indices are not sorted are sorted here, which costs a copy of them; duplicates are an error.

use super::sparse;
use crate::classref::ClassRef;
use crate::entry::{Class, Entry};
use crate::error::{Error, ErrorKind, Result};
use crate::fields::{Fields, through};
use crate::frame_serialize::{FrameSerialize, TypeName};
use crate::frames::Slot;
use crate::impls::whole;
use crate::msgpack::{Cursor, write};
use crate::numpy::{self, ArrayItem, Element, NdArray};
use crate::record::Key;
use crate::writer::Writer;
use ndarray::ArrayView1;
use sprs::{CompressedStorage, CsMatI, SpIndex, TriMatI};
use std::borrow::Cow;

const SHAPE: Key = Key { name: "_shape", encoded: b"\xa6_shape" };
const INDPTR: Key = Key { name: "indptr", encoded: b"\xa6indptr" };
const INDICES: Key = Key { name: "indices", encoded: b"\xa7indices" };
const DATA: Key = Key { name: "data", encoded: b"\xa4data" };
const COORDS: Key = Key { name: "coords", encoded: b"\xa6coords" };
const ROW: Key = Key { name: "row", encoded: b"\xa3row" };
const COL: Key = Key { name: "col", encoded: b"\xa3col" };

/// The attributes of a sparse matrix in Python.
struct Parts<N> {
    shape: Option<Vec<u64>>,
    indptr: Option<NdArray>,
    indices: Option<NdArray>,
    coords: Option<Vec<NdArray>>,
    row: Option<NdArray>,
    col: Option<NdArray>,
    data: Option<Vec<N>>,
}

impl<N: FrameSerialize> Parts<N> {
    fn of(class: &Class<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        through(Self::read, |read| Fields::layout(&mut class.sub(), slots, read))
    }

    fn read(fields: &mut Fields<'_, '_, '_>) -> Result<Self> {
        let (shape, indptr, indices, coords, row, col, data) = (None, None, None, None, None, None, None);
        let mut parts = Parts { shape, indptr, indices, coords, row, col, data };
        while let Some(name) = fields.name()? {
            match name {
                "_shape" => fields.value(&SHAPE, &mut parts.shape)?,
                "indptr" => fields.value(&INDPTR, &mut parts.indptr)?,
                "indices" => fields.value(&INDICES, &mut parts.indices)?,
                "coords" => fields.value(&COORDS, &mut parts.coords)?,
                "row" => fields.value(&ROW, &mut parts.row)?,
                "col" => fields.value(&COL, &mut parts.col)?,
                "data" => fields.value(&DATA, &mut parts.data)?,
                // How much scipy prints, and what it knows of the order, which is checked.
                "maxprint"
                | "has_canonical_format"
                | "_has_canonical_format"
                | "has_sorted_indices"
                | "_has_sorted_indices" => fields.skip()?,
                _ => fields.unknown(name, &[SHAPE, INDPTR, INDICES, COORDS, ROW, COL, DATA])?,
            }
        }
        Ok(parts)
    }
}

fn missing<T>(key: &Key, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| crate::fields::missing(key))
}

/// Rows and columns, each as large as `I` can say.
fn shape<I: SpIndex>(shape: &[u64]) -> Result<(usize, usize)> {
    let &[rows, cols] = shape else {
        return Err(Error::mismatch("2 dimensions", format_args!("{}", shape.len())).at_field(SHAPE.name));
    };
    let size = |n: u64| usize::try_from(n).ok().filter(|&n| I::try_from_usize(n).is_some());
    match (size(rows), size(cols)) {
        (Some(rows), Some(cols)) => Ok((rows, cols)),
        _ => Err(Error::new(ErrorKind::OutOfRange, format!("the index type does not reach over {rows} × {cols}"))
            .at_field(SHAPE.name)),
    }
}

/// Indices of any integer type, each below `end`.
fn indices<I: SpIndex>(array: &NdArray, end: usize, key: &Key) -> Result<Vec<I>> {
    let read = || -> Result<Vec<I>> {
        if array.shape().len() != 1 {
            return Err(Error::mismatch("1 dimension", format_args!("{}", array.shape().len())));
        }
        let wrong = |n: &dyn std::fmt::Display| {
            Error::new(ErrorKind::OutOfRange, format!("the index {n} is not in 0..{end} or not of the index type"))
        };
        macro_rules! of {
            ($type:ty) => {
                array
                    .to_vec::<$type>()?
                    .into_iter()
                    .enumerate()
                    .map(|(at, n)| {
                        let index = usize::try_from(n).ok().filter(|&n| n < end).and_then(I::try_from_usize);
                        index.ok_or_else(|| wrong(&n).at_index(at))
                    })
                    .collect()
            };
        }
        let dtype = array.dtype();
        match (dtype.kind(), dtype.itemsize()) {
            ('i', 4) => of!(i32),
            ('i', 8) => of!(i64),
            ('i', 2) => of!(i16),
            ('i', 1) => of!(i8),
            ('u', 4) => of!(u32),
            ('u', 8) => of!(u64),
            ('u', 2) => of!(u16),
            ('u', 1) => of!(u8),
            _ => Err(Error::mismatch("indices", format_args!("an array of {dtype}"))),
        }
    };
    read().map_err(|e| e.at_field(key.name))
}

/// Sorts each row whose indices are not, and refuses duplicates.
fn sort<N: Copy, I: SpIndex>(indptr: &[usize], indices: &mut [I], data: &mut [N]) -> Result<()> {
    for (row, ends) in indptr.windows(2).enumerate() {
        let &[start, end] = ends else { continue };
        // Cannot fail: the ends were checked.
        let (Some(indices), Some(data)) = (indices.get_mut(start..end), data.get_mut(start..end)) else { continue };
        if indices.windows(2).any(|pair| pair.first() > pair.last()) {
            let mut pairs: Vec<(I, N)> = indices.iter().copied().zip(data.iter().copied()).collect();
            pairs.sort_by_key(|(index, _)| index.index_unchecked());
            for ((index, value), pair) in indices.iter_mut().zip(data.iter_mut()).zip(pairs) {
                (*index, *value) = pair;
            }
        }
        if let Some(at) = indices.windows(2).position(|pair| pair.first() == pair.last()) {
            let error = Error::new(ErrorKind::DuplicateField, "an index is there twice, which a `CsMat` cannot hold");
            return Err(error.at_index(start + at).at_field(INDICES.name).with_help(format!(
                "`sum_duplicates()` in Python adds the items of row or column {row}; a `TriMat` holds both"
            )));
        }
    }
    Ok(())
}

fn compressed<N: ArrayItem, I: SpIndex, Iptr: SpIndex>(
    parts: Parts<N>,
    storage: CompressedStorage,
) -> Result<CsMatI<N, I, Iptr>> {
    let size = shape::<I>(&missing(&SHAPE, parts.shape)?)?;
    let (outer, inner) = if storage == CompressedStorage::CSR { size } else { (size.1, size.0) };
    let mut data = missing(&DATA, parts.data)?;
    let mut inner_indices = indices::<I>(&missing(&INDICES, parts.indices)?, inner, &INDICES)?;
    let ends = missing(&INDPTR, parts.indptr)?;
    let wrong = |text: String| Error::invalid(text).at_field(INDPTR.name);
    if ends.shape().first().copied() != (outer as u64).checked_add(1) {
        return Err(wrong(format!(
            "a matrix of {outer} rows or columns has {:?} ends, and not one more",
            ends.shape()
        )));
    }
    let ends: Vec<usize> = indices(&ends, data.len().saturating_add(1), &INDPTR)?;
    if ends.first() != Some(&0) || ends.windows(2).any(|pair| pair.first() > pair.last()) {
        return Err(wrong("the ends of the rows or columns do not rise from 0".into()));
    }
    let last = ends.last().copied().unwrap_or(0);
    if inner_indices.len() != data.len() || last != data.len() {
        let text =
            format!("rows or columns end at {last}; there are {} indices, {} values", inner_indices.len(), data.len());
        return Err(wrong(text).with_help("`prune()` in Python cuts what scipy holds in reserve"));
    }
    sort(&ends, &mut inner_indices, &mut data)?;
    let wide = |n: usize| Iptr::try_from_usize(n).ok_or_else(|| wrong(format!("the index type does not reach to {n}")));
    let ends = ends.into_iter().map(wide).collect::<Result<Vec<Iptr>>>()?;
    let made = match storage {
        CompressedStorage::CSR => CsMatI::try_new(size, ends, inner_indices, data),
        CompressedStorage::CSC => CsMatI::try_new_csc(size, ends, inner_indices, data),
    };
    made.map_err(|(.., error)| Error::invalid(format!("sprs has no such matrix: {error}")))
}

pub(super) fn triplets<N: ArrayItem, I: SpIndex>(
    dims: &[u64],
    row: &NdArray,
    col: &NdArray,
    data: Vec<N>,
) -> Result<TriMatI<N, I>> {
    let size = shape::<I>(dims)?;
    let (row, col) = (indices::<I>(row, size.0, &ROW)?, indices::<I>(col, size.1, &COL)?);
    if row.len() != data.len() || col.len() != data.len() {
        let text = format!("{} values have {} rows and {} columns", data.len(), row.len(), col.len());
        return Err(Error::invalid(text).at_field(DATA.name));
    }
    Ok(TriMatI::from_triplets(size, row, col, data))
}

/// The two arrays of the coordinates of a matrix.
fn two(coords: Vec<NdArray>) -> Result<[NdArray; 2]> {
    coords.try_into().map_err(|coords: Vec<_>| {
        Error::mismatch("2 dimensions", format_args!("{}", coords.len())).at_field(COORDS.name)
    })
}

/// How the classes of scipy are called, in whichever of its releases.
fn is_of_scipy(class: &ClassRef<'_>, format: &str) -> bool {
    ["matrix", "array"].iter().any(|kind| {
        let name = format!("{format}_{kind}");
        class.is(&format!("scipy.sparse._{format}"), &name) || class.is(&format!("scipy.sparse.{format}"), &name)
    })
}

/// Writes indices as scipy has them: int32 or int64, all of a matrix the same.
fn write_indices<'w, I: SpIndex + Element>(items: Cow<'w, [I]>, wide: bool, writer: &mut Writer<'w>) -> Result<()> {
    let (typestr, size) = if wide { (i64::TYPESTR, 8) } else { (i32::TYPESTR, 4) };
    numpy::write_shape(typestr.unwrap_or_default(), &[items.len()], writer)?;
    // An index is at most the size of the matrix, which was checked: its bits are those of a signed one.
    let is_same = size_of::<I>() == size;
    match items {
        Cow::Borrowed(items) if is_same => writer.frame(bytemuck::cast_slice::<I, u8>(items)),
        Cow::Owned(items) if is_same => writer.frame(crate::array::vec_into_bytes(items)),
        items if wide => {
            let items: Result<Vec<i64>> =
                items.iter().map(|i| i64::try_from(i.index_unchecked()).map_err(too_large)).collect();
            writer.frame(crate::array::vec_into_bytes(items?));
        }
        items => {
            let items: Result<Vec<i32>> =
                items.iter().map(|i| i32::try_from(i.index_unchecked()).map_err(too_large)).collect();
            writer.frame(crate::array::vec_into_bytes(items?));
        }
    }
    Ok(())
}

#[cold]
fn too_large(_: std::num::TryFromIntError) -> Error {
    Error::new(ErrorKind::OutOfRange, "a matrix is larger than scipy's indices reach")
}

/// True if the indices of a matrix have to be int64.
pub(super) fn is_wide(size: (usize, usize), items: usize) -> Result<bool> {
    let largest = size.0.max(size.1).max(items);
    i64::try_from(largest).map_err(too_large)?;
    Ok(i32::try_from(largest).is_err())
}

/// Writes the head of a matrix of scipy and its plain attributes; `canonical` is one that coo matrices have.
fn write_head(format: &str, size: (usize, usize), canonical: bool, writer: &mut Writer<'_>) -> Result<()> {
    let (module, name) = (format!("scipy.sparse._{format}"), format!("{format}_matrix"));
    writer.object_head(&format!("{module}.{name}"), (&module, &name))?;
    writer.map_len(if canonical { 3 } else { 2 })?;
    writer.raw(b"\xa6_shape\x92");
    write::uint(&mut writer.out, size.0 as u64);
    write::uint(&mut writer.out, size.1 as u64);
    // As scipy sets it.
    writer.raw(b"\xa8maxprint\x32");
    if canonical {
        writer.raw(b"\xb4has_canonical_format\xc2");
    }
    Ok(())
}

fn name<N: TypeName, I: TypeName>(kind: &str, more: &str) -> Cow<'static, str> {
    format!("sprs::{kind}<{}, {}{more}>", N::type_name(), I::type_name()).into()
}

impl<N: TypeName, I: SpIndex + TypeName, Iptr: SpIndex + TypeName> TypeName for CsMatI<N, I, Iptr> {
    fn type_name() -> Cow<'static, str> {
        name::<N, I>("CsMat", &format!(", {}", Iptr::type_name()))
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

/// As `scipy.sparse.csr_matrix` or `csc_matrix`: data and indices are the matrix' own memory if the indices have 32 or 64 bits.
impl<N, I, Iptr> FrameSerialize for CsMatI<N, I, Iptr>
where
    N: ArrayItem + FrameSerialize,
    I: SpIndex + Element + TypeName,
    Iptr: SpIndex + Element + TypeName,
{
    whole!();
    fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
        let wide = is_wide(self.shape(), self.nnz())? || size_of::<I>() > 4 || size_of::<Iptr>() > 4;
        write_head(if self.is_csr() { "csr" } else { "csc" }, self.shape(), false, writer)?;
        writer.raw(b"\xa7complex\x83");
        let mut complex = crate::record::Complex::new(writer);
        complex.entry(&INDPTR, |w| write_indices(self.proper_indptr(), wide, w))?;
        complex.entry(&INDICES, |w| write_indices(Cow::Borrowed(self.indices()), wide, w))?;
        complex.entry(&DATA, |w| super::ndarray::write(ArrayView1::from(self.data()), w))
    }
    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        match Entry::read(cursor)? {
            Entry::Class(class) if class.class().is_ok_and(|c| is_of_scipy(&c, "csr")) => {
                compressed(Parts::of(&class, slots)?, CompressedStorage::CSR)
            }
            Entry::Class(class) if class.class().is_ok_and(|c| is_of_scipy(&c, "csc")) => {
                compressed(Parts::of(&class, slots)?, CompressedStorage::CSC)
            }
            other => other.refuse::<Self>("a csr or csc matrix of scipy", cursor, slots),
        }
    }
}

impl<N: TypeName, I: TypeName> TypeName for TriMatI<N, I> {
    fn type_name() -> Cow<'static, str> {
        name::<N, I>("TriMat", "")
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

/// As `scipy.sparse.coo_matrix`, in which duplicates add up too; read from `sparse.COO` as well.
impl<N, I> FrameSerialize for TriMatI<N, I>
where
    N: ArrayItem + FrameSerialize,
    I: SpIndex + Element + TypeName,
{
    whole!();
    fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
        let size = (self.rows(), self.cols());
        let wide = is_wide(size, self.nnz())? || size_of::<I>() > 4;
        write_head("coo", size, true, writer)?;
        writer.raw(b"\xa7complex\x82");
        let mut complex = crate::record::Complex::new(writer);
        complex.entry(&COORDS, |w| {
            w.raw(b"\x84\xabsub-headers\x92");
            write_indices(Cow::Borrowed(self.row_inds()), wide, w)?;
            write_indices(Cow::Borrowed(self.col_inds()), wide, w)?;
            w.raw(b"\xadis-collection\xc3\xadframe-lengths\x92\x01\x01\xaftype-serialized\xa5tuple");
            Ok(())
        })?;
        complex.entry(&DATA, |w| super::ndarray::write(ArrayView1::from(self.data()), w))
    }
    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        match Entry::read(cursor)? {
            Entry::Class(class) if class.class().is_ok_and(|c| is_of_scipy(&c, "coo")) => {
                let parts = Parts::of(&class, slots)?;
                let [row, col] = match (parts.coords, parts.row, parts.col) {
                    (Some(coords), None, None) => two(coords)?,
                    (None, Some(row), Some(col)) => [row, col],
                    _ => return Err(crate::fields::missing(&COORDS)),
                };
                triplets(&missing(&SHAPE, parts.shape)?, &row, &col, missing(&DATA, parts.data)?)
            }
            Entry::Class(class) if class.class().is_ok_and(|c| sparse::is_coo(&c)) => sparse::read(class.sub(), slots),
            other => other.refuse::<Self>("a coo matrix of scipy", cursor, slots),
        }
    }
}
