//! Reading frames and series: blocks of columns, and where each lies.

use super::index::row;
use super::{Column, DataFrame, Index, Pandas, Series, Values};
use crate::aliases::Name;
use crate::look::{Call, invalid};
use crate::node::Node;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};

/// So many columns may be without a byte in the pickle: a range of names and rows of nothing cost nothing there.
const FREE_COLUMNS: usize = 1 << 16;
/// What a column costs of the budget.
const COLUMN_COST: usize = 256;

impl<'g> Pandas<'g> {
    pub(crate) fn data_frame(&mut self, value: Value) -> Result<Option<DataFrame>> {
        let graph = self.graph;
        let Some(call @ Call { name: Name::DataFrame, .. }) = graph.known_call(value) else { return Ok(None) };
        let (manager, attrs) = self.manager(call)?;
        let Some(manager @ Call { name: Name::BlockManager, .. }) = graph.known_call(manager) else {
            return Err(graph.not("the blocks of a frame", manager));
        };
        let (axes, blocks) = self.axes_and_blocks(manager)?;
        let [columns, rows] = axes[..] else { return Err(invalid("a frame has not two axes")) };
        let (names, index) = (self.index(columns, 0)?, self.index(rows, 0)?);
        let count = names.len().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the names of a frame's columns are of a class that is not known here")
        })?;
        let limit = FREE_COLUMNS.saturating_add(graph.weight() / 4);
        let count = usize::try_from(count).ok().filter(|count| *count <= limit).ok_or_else(|| {
            Error::new(
                ErrorKind::Limit,
                format!("a frame of {count} columns; for a pickle of this size the limit is {limit}"),
            )
        })?;

        // A range of names and rows of a block without items cost no byte in the pickle.
        self.charge(count.saturating_mul(COLUMN_COST))?;
        let mut values: Vec<Option<Values>> = Vec::new();
        values.resize_with(count, || None);
        for (block, places) in blocks {
            let block = Block::of(self.values(block, 0)?)?;
            let rows = block.rows();
            let places = self.places(places, rows)?;
            for (at, place) in (0..rows).zip(places) {
                let place = place?;
                let slot = usize::try_from(place).ok().and_then(|place| values.get_mut(place));
                match slot {
                    Some(slot @ None) => *slot = Some(block.row(at)?),
                    Some(Some(_)) => return Err(invalid(format!("column {place} of a frame lies in two blocks"))),
                    None => return Err(invalid(format!("a block has column {place} of {count}"))),
                }
            }
        }
        let mut frame = DataFrame { columns: Vec::new(), names, index, attrs };
        let mut len = frame.index.len();
        for (at, values) in values.into_iter().enumerate() {
            let values = values.ok_or_else(|| invalid(format!("column {at} of a frame lies in no block")))?;
            check_len(&values, &mut len)?;
            let name = self.label(&frame.names, at as u64)?;
            frame.columns.push(Column { name, values });
        }
        Ok(Some(frame))
    }

    pub(crate) fn series(&mut self, value: Value) -> Result<Option<Series>> {
        let graph = self.graph;
        let Some(call @ Call { name: Name::Series, .. }) = graph.known_call(value) else { return Ok(None) };
        let (manager, attrs) = self.manager(call)?;
        let Some(manager @ Call { name: Name::SingleBlockManager, .. }) = graph.known_call(manager) else {
            return Err(graph.not("the block of a series", manager));
        };
        let (axes, blocks) = self.axes_and_blocks(manager)?;
        let ([axis], [(block, _)]) = (&axes[..], &blocks[..]) else {
            return Err(invalid("a series has not one axis and one block"));
        };
        let index = self.index(*axis, 0)?;
        let values = self.values(*block, 0)?;
        check_len(&values, &mut index.len())?;
        let state = self.state(&call)?.unwrap_or(Value::NONE);
        let name = match self.get(state, "_name")? {
            None => self.get(state, "name")?,
            name => name,
        };
        let name = match name {
            Some(name) => self.label_of(name)?,
            None => super::Label::Null,
        };
        Ok(Some(Series { name, values, index, attrs }))
    }

    /// The blocks and the attributes of the state of a frame or series.
    fn manager(&mut self, call: Call<'g>) -> Result<(Value, Value)> {
        let state = self.state(&call)?.ok_or_else(|| invalid("a frame has no state"))?;
        let manager = match self.get(state, "_mgr")? {
            None => self.get(state, "_data")?,
            manager => manager,
        };
        let attrs = self.get(state, "attrs")?.unwrap_or(Value::NONE);
        Ok((manager.ok_or_else(|| invalid("the state of a frame has no blocks"))?, attrs))
    }

    /// `BlockManager(blocks, axes)`, or the state `(axes, values, items, {"0.14.1": {axes, blocks}})`; blocks are values and placement.
    #[allow(clippy::type_complexity, reason = "used in this file alone")]
    fn axes_and_blocks(&mut self, manager: Call<'g>) -> Result<(Vec<Value>, Vec<(Value, Value)>)> {
        let graph = self.graph;
        if let Some(state) = self.state(&manager)? {
            let extra = match graph.tuple_items(state)? {
                [_, _, _, extra, ..] => self.get(*extra, "0.14.1")?,
                _ => None,
            };
            let extra = extra.ok_or_else(|| invalid("the state of blocks is not the tuple that pandas writes"))?;
            let list = self.part(extra, "blocks")?;
            let mut blocks = Vec::new();
            for block in self.sequence(list)? {
                blocks.push((self.part(block, "values")?, self.part(block, "mgr_locs")?));
            }
            let axes = self.part(extra, "axes")?;
            return Ok((self.sequence(axes)?, blocks));
        }
        let [blocks, axes, ..] = manager.args else { return Err(invalid("blocks without axes")) };
        // Those of a series may come without lists.
        let mut one = |value: Value| match graph.node(value) {
            Node::Tuple(_) | Node::List(_) => self.sequence(value),
            _ => Ok(vec![value]),
        };
        let (axes, list) = (one(*axes)?, one(*blocks)?);
        let mut blocks = Vec::new();
        for block in list {
            // `_unpickle_block(values, placement, dimensions)`
            let Some(Call { name: Name::UnpickleBlock, args: [values, places, ..], .. }) = graph.known_call(block)
            else {
                return Err(graph.not("a block of pandas", block));
            };
            blocks.push((*values, *places));
        }
        Ok((axes, blocks))
    }

    /// What blocks keep under a name.
    fn part(&mut self, dict: Value, key: &str) -> Result<Value> {
        self.get(dict, key)?.ok_or_else(|| invalid(format!("blocks without {key}")))
    }

    /// The columns of a block: a slice, or an array of numbers, as many as `rows`.
    fn places(&mut self, value: Value, rows: u64) -> Result<Box<dyn Iterator<Item = Result<u64>>>> {
        let graph = self.graph;
        let misfit = || invalid(format!("a block of {rows} columns is placed at another number of them"));
        let value = match graph.known_call(value) {
            Some(Call { name: Name::BlockPlacement, args: [inner], .. }) => *inner,
            _ => value,
        };
        if let Some(Call { name: Name::Slice, args, .. }) = graph.known_call(value) {
            let at = |index: usize, none: i64| match args.get(index) {
                Some(end) if *end != Value::NONE => graph.as_i64(*end),
                _ => Ok(none),
            };
            let step = at(2, 1)?;
            if args.len() != 3 || step == 0 {
                return Err(invalid("the placement of a block is no slice"));
            }
            let (start, stop) = (at(0, if step < 0 { -1 } else { 0 })?, at(1, -1)?);
            if start < 0 || (step > 0 && stop < 0) {
                return Err(invalid("the placement of a block is counted from the end"));
            }
            let (far, width) = (i128::from(stop) - i128::from(start), i128::from(step));
            let count = if (far > 0) == (width > 0) { far.unsigned_abs().div_ceil(width.unsigned_abs()) } else { 0 };
            if count != u128::from(rows) {
                return Err(misfit());
            }
            let place = move |at: u64| {
                let place = i128::from(start) + i128::from(at) * width;
                u64::try_from(place).map_err(|_| invalid("a block is placed nowhere"))
            };
            return Ok(Box::new((0..rows).map(place)));
        }
        let array = self.arrow.arrays.plain(value)?.ok_or_else(|| graph.not("the placement of a block", value))?;
        if array.shape() != [rows] {
            return Err(misfit());
        }
        let place = move |at: u64| {
            let place = super::values::int_at(&array, at).and_then(|place| u64::try_from(place).ok());
            place.ok_or_else(|| invalid("a block is placed nowhere"))
        };
        Ok(Box::new((0..rows).map(place)))
    }
}

/// The values of a block: of one column, or of several, each a row.
enum Block {
    Whole(Values),
    Rows(Values, u64),
}

impl Block {
    fn of(values: Values) -> Result<Block> {
        match values.shape().as_deref() {
            None | Some([_]) => Ok(Block::Whole(values)),
            Some(&[rows, _]) => Ok(Block::Rows(values, rows)),
            Some(_) => Err(invalid("a block has neither one dimension nor two")),
        }
    }

    fn rows(&self) -> u64 {
        match self {
            Block::Whole(_) => 1,
            Block::Rows(_, rows) => *rows,
        }
    }

    fn row(&self, at: u64) -> Result<Values> {
        let gone = || invalid("a block has not as many rows");
        match self {
            Block::Whole(values) => Ok(values.clone()),
            Block::Rows(Values::Plain(array), _) => row(array, at).map(Values::Plain),
            Block::Rows(Values::DatetimeTz { data, zone }, _) => {
                Ok(Values::DatetimeTz { data: row(data, at)?, zone: *zone })
            }
            Block::Rows(Values::Period { ordinals, frequency }, _) => {
                Ok(Values::Period { ordinals: row(ordinals, at)?, frequency: frequency.clone() })
            }
            Block::Rows(Values::Objects(array), _) => array.row(at).map(Values::Objects).ok_or_else(gone),
            Block::Rows(..) => Err(gone()),
        }
    }
}

/// All columns have one length, that of the index if it is known.
fn check_len(values: &Values, len: &mut Option<u64>) -> Result<()> {
    let Some(shape) = values.shape() else { return Ok(()) };
    let &[found] = &shape[..] else { return Err(invalid("a column has not one dimension")) };
    match *len.get_or_insert(found) {
        wanted if wanted == found => Ok(()),
        wanted => Err(invalid(format!("a column of {found} items under an index of {wanted}"))),
    }
}

impl Index {
    /// How many labels there are; `None` of a class that is not known here.
    ///
    /// ```
    /// use frames_pickle::{Value, pandas::Index};
    /// let index = Index::Range { name: Value::NONE, start: 0, stop: 10, step: 3 };
    /// assert_eq!(index.len(), Some(4));
    /// ```
    #[allow(clippy::len_without_is_empty, reason = "it may not be known")]
    pub fn len(&self) -> Option<u64> {
        match self {
            Index::Range { start, stop, step, .. } => {
                let (far, step) = (i128::from(*stop) - i128::from(*start), i128::from(*step));
                let is_empty = step == 0 || (far > 0) != (step > 0);
                let count = if is_empty { 0 } else { far.unsigned_abs().div_ceil(step.unsigned_abs()) };
                u64::try_from(count).ok()
            }
            Index::Values { values, .. } => values.shape()?.first().copied(),
            Index::Multi { codes, .. } => {
                Some(codes.first().and_then(|codes| codes.shape().first().copied()).unwrap_or(0))
            }
            Index::Interval { left, .. } => left.len(),
            Index::Other { .. } => None,
        }
    }
}
