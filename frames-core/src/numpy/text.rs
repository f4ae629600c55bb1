//! Arrays of numpy's text and byte strings, as lists of those: `<U…` and `|S…`, in which an item ends before its last zeros.
//!
//! What is no text (half a surrogate pair, a number beyond Unicode) is an error; nothing is made longer than the array is.

use super::ArraySource;
use crate::envelope::Decoder;
use crate::error::{Error, Result};
use crate::frames::{Slot, take_one};
use crate::msgpack::write;

/// The items of a one-dimensional array as a msgpack array; `None` if it is none of texts or bytes, where nothing was taken.
pub(crate) fn items(array: &ArraySource<'_>, slots: &mut [Slot<'_>], decoder: &Decoder) -> Result<Option<Vec<u8>>> {
    let header = array.header(slots)?;
    let dtype = header.dtype()?;
    let (is_text, itemsize) = (dtype.kind() == 'U', dtype.itemsize());
    let &[count] = header.shape() else { return Ok(None) };
    if !is_text && dtype.kind() != 'S' {
        return Ok(None);
    }
    if itemsize == 0 && count > 0 {
        // numpy makes no such array, and its items cost nothing.
        return Err(Error::invalid(format!("an array of {count} texts of no bytes")));
    }
    let frame = take_one(slots)?;
    header.check_frame(itemsize, frame.len())?;
    let bytes = header.gather(&frame, itemsize, decoder)?;
    let mut out = Vec::new();
    write::array_len(&mut out, usize::try_from(count).unwrap_or(usize::MAX))?;
    let (is_native, mut text) = (dtype.is_native(), String::new());
    for (index, item) in bytes.chunks_exact(itemsize.max(1)).enumerate() {
        if !is_text {
            let len = item.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            write::bin(&mut out, item.get(..len).unwrap_or_default())?;
            continue;
        }
        text.clear();
        let codes = item.chunks_exact(4).map(|code| {
            let code = <[u8; 4]>::try_from(code).map_or(0, u32::from_ne_bytes);
            if is_native { code } else { code.swap_bytes() }
        });
        let mut zeros = 0;
        for code in codes {
            if code == 0 {
                zeros += 1;
                continue;
            }
            text.extend(std::iter::repeat_n('\0', std::mem::take(&mut zeros)));
            text.push(
                char::from_u32(code)
                    .ok_or_else(|| Error::invalid(format!("{code:#x} is no character of a text")).at_index(index))?,
            );
        }
        write::str(&mut out, &text)?;
    }
    Ok(Some(out))
}
