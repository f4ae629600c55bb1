//! `sparse.COO` out of its pickle, in the form that the package gives Dask.

use frames_core::__private::Writer;
use frames_core::{ClassRef, FrameSerialize, NdArray, Result, rmpv};

/// The parts of a matrix whose other items are zeros.
#[derive(Debug)]
pub(crate) struct Coo {
    pub(crate) class: ClassRef<'static>,
    pub(crate) coords: NdArray,
    pub(crate) data: NdArray,
    pub(crate) shape: rmpv::Value,
}

/// True for the class, in whichever release of the package.
pub(crate) fn is_coo(module: &str, name: &str) -> bool {
    name == "COO" && matches!(module, "sparse.numba_backend._coo.core" | "sparse._coo.core")
}

impl Coo {
    pub(crate) fn write<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.raw(b"\x84\xaasub-header\x84\xadcoords-header");
        self.coords.write_entry(writer)?;
        writer.raw(b"\xabdata-header");
        self.data.write_entry(writer)?;
        writer.raw(b"\xa5shape");
        self.shape.write_inline(writer)?;
        writer.raw(b"\xa7nframes\x92\x01\x01\xa4type");
        writer.text(&self.class.to_string())?;
        writer.raw(b"\xaftype-serialized");
        rmpv::Value::Binary(self.class.encode()).write_inline(writer)?;
        writer.raw(b"\xaaserializer\xa4dask");
        Ok(())
    }
}
