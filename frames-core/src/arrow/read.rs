//! The messages of a stream: schema, dictionaries, batches, the end. See Arrow's *IPC Streaming Format*.

use super::batch::{Batch, Dictionaries};
use super::schema::{self, invalid, unsupported};
use super::stream::Stream;
use super::{Table, refused};
use crate::error::{Error, ErrorKind, Result};
use crate::frames::Frames;
use crate::msgpack::Cursor;
use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_ipc as ipc;
use flatbuffers::{InvalidFlatbuffer, VerifierOptions};

/// In front of each message since Arrow 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// How many bytes may be looked at for each of a message, in which one table may be named often. Writers share only small ones.
const APPARENT: usize = 8;

/// Reads a whole stream, of which nothing may be left; `at` has the limits.
pub(super) fn table(frames: Frames<'_>, at: &Cursor<'_>) -> Result<Table> {
    let mut stream = Stream::new(frames)?;
    let mut table: Option<(schema::Read, Vec<RecordBatch>)> = None;
    let mut dictionaries = Dictionaries::new();
    loop {
        let prefix = stream.take(8)?;
        let (Some(CONTINUATION), Some(length)) = (word(&prefix, 0), word(&prefix, 4)) else {
            return Err(invalid("a message of Arrow without the mark that stands in front of one")
                .with_help("streams of Arrow before 0.15 are not read here"));
        };
        let length = u32::from_le_bytes(length);
        if length == 0 {
            break;
        }
        let bytes = stream.take(usize::try_from(length).map_err(refused)?)?;
        let message = message(&bytes, at)?;
        let body = usize::try_from(message.bodyLength()).map_err(refused)?;
        let body = stream.skip(body)?;
        match (message.header_type(), &mut table) {
            (ipc::MessageHeader::Schema, None) => {
                let schema = message.header_as_schema().ok_or_else(|| invalid("a message without its schema"))?;
                table = Some((schema::read(schema, at)?, Vec::new()));
            }
            (ipc::MessageHeader::Schema, Some(_)) => return Err(invalid("a stream of Arrow has a second schema")),
            (_, None) => return Err(invalid("a stream of Arrow does not begin with its schema")),
            (ipc::MessageHeader::DictionaryBatch, Some((schema, _))) => {
                let part = message.header_as_dictionary_batch();
                let part = part.ok_or_else(|| invalid("a message without its dictionary"))?;
                if part.isDelta() {
                    return Err(unsupported("a dictionary of Arrow that adds to another"));
                }
                let (id, data) = (part.id(), part.data());
                let data = data.ok_or_else(|| invalid(format!("dictionary {id} of a stream has no data")))?;
                let Some(wanted) = schema.dictionaries.get(&id) else {
                    return Err(invalid(format!("dictionary {id} of a stream is of no column")));
                };
                let mut batch = Batch::new(data, &stream, body, message.version(), at, &dictionaries)?;
                let values = batch.array(&wanted.values, &wanted.shape).map_err(|e| e.at_key(id))?;
                if values.len() != batch.rows() {
                    return Err(invalid(format!("dictionary {id} has not as many values as it says")));
                }
                batch.finish()?;
                dictionaries.insert(id, values);
            }
            (ipc::MessageHeader::RecordBatch, Some((schema, batches))) => {
                let part = message.header_as_record_batch().ok_or_else(|| invalid("a message without its batch"))?;
                let batch = Batch::new(part, &stream, body, message.version(), at, &dictionaries)?;
                batches.push(rows(schema, batch).map_err(|e| e.at_index(batches.len()))?);
            }
            (other, _) => return Err(unsupported(format!("a message of Arrow of the kind {other:?}"))),
        }
    }
    if stream.left() != 0 {
        return Err(invalid(format!("{} bytes are left behind a stream of Arrow", stream.left())));
    }
    match table {
        Some((schema, batches)) => Ok(Table { schema: schema.schema, batches }),
        None => Err(invalid("a stream of Arrow without a schema")),
    }
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok()
}

/// A verified message.
fn message<'b>(bytes: &'b [u8], at: &Cursor<'_>) -> Result<ipc::Message<'b>> {
    // Message, schema, type and key with value are tables beside the fields.
    let max_depth = usize::from(at.depth()).saturating_add(8);
    let max_apparent_size = bytes.len().saturating_mul(APPARENT).saturating_add(4096);
    let options =
        VerifierOptions { max_depth, max_tables: usize::MAX, max_apparent_size, ..VerifierOptions::default() };
    let message = ipc::root_as_message_with_opts(&options, bytes).map_err(|error| broken(&error, at))?;
    if message.version() < ipc::MetadataVersion::V4 || message.version() > ipc::MetadataVersion::V5 {
        return Err(unsupported(format!("a message of Arrow of the version {:?}", message.version())));
    }
    if message.custom_metadata().is_some_and(|metadata| !metadata.is_empty()) {
        return Err(unsupported("metadata of a single batch, which a `RecordBatch` cannot keep,"));
    }
    Ok(message)
}

#[cold]
fn broken(error: &InvalidFlatbuffer, at: &Cursor<'_>) -> Error {
    match error {
        InvalidFlatbuffer::DepthLimitReached => {
            Error::limit("depth", at.decoder().limits.depth.into(), "a schema of Arrow that nests deeper")
        }
        InvalidFlatbuffer::ApparentSizeTooLarge | InvalidFlatbuffer::TooManyTables => {
            Error::new(ErrorKind::Limit, "a message of Arrow names its parts again and again")
        }
        other => invalid(format!("a message of Arrow is broken: {other}")),
    }
}

/// The batch of a message.
fn rows(schema: &schema::Read, mut batch: Batch<'_>) -> Result<RecordBatch> {
    let rows = batch.rows();
    let mut columns = Vec::with_capacity(schema.shapes.len());
    for (field, shape) in schema.schema.fields().iter().zip(&schema.shapes) {
        let column = batch.column(field.data_type(), shape).and_then(|column| match column.len() {
            len if len == rows => Ok(column),
            len => Err(invalid(format!("a column of {len} rows in a batch of {rows}"))),
        });
        columns.push(column.map_err(|e| e.at_field(field.name().clone()))?);
    }
    if columns.is_empty() {
        batch.check_free(rows)?;
    }
    batch.finish()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.schema.clone(), columns, &options).map_err(refused)
}
