//! How people take a [`Dynamic`] apart, and make one of plain values.

use super::{Dynamic, Object, Table, Unopened, Wide};
use crate::any::Serialized;
use crate::numpy::NdArray;
use bytes::Bytes;

impl Dynamic {
    /// What it is, as Python would say; `table`, `object` and `other` for what has many names there.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// assert_eq!(Dynamic::from(5).kind(), "int");
    /// assert_eq!(Dynamic::Tuple(vec![]).kind(), "tuple");
    /// ```
    pub fn kind(&self) -> &'static str {
        match self {
            Dynamic::None => "None",
            Dynamic::Bool(_) => "bool",
            Dynamic::Int(_) | Dynamic::Wide(_) => "int",
            Dynamic::Float(_) => "float",
            Dynamic::Complex(..) => "complex",
            Dynamic::Str(_) => "str",
            Dynamic::Bytes(_) => "bytes",
            Dynamic::ByteArray(_) => "bytearray",
            Dynamic::Array(_) => "array",
            Dynamic::Table(_) => "table",
            Dynamic::List(_) => "list",
            Dynamic::Tuple(_) => "tuple",
            Dynamic::Set(_) => "set",
            Dynamic::FrozenSet(_) => "frozenset",
            Dynamic::Dict(_) => "dict",
            Dynamic::Object(_) => "object",
            Dynamic::Other(_) => "other",
        }
    }

    /// True for `None`.
    ///
    /// ```
    /// assert!(frames_core::Dynamic::None.is_none());
    /// ```
    pub fn is_none(&self) -> bool {
        matches!(self, Dynamic::None)
    }

    /// The bool, if it is one.
    ///
    /// ```
    /// assert_eq!(frames_core::Dynamic::from(true).as_bool(), Some(true));
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Dynamic::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one of 64 bits.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// assert_eq!(Dynamic::from(7u32).as_i64(), Some(7));
    /// assert_eq!(Dynamic::from(7.0).as_i64(), None);
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Dynamic::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The float; or the integer, if a float has the same value.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// assert_eq!(Dynamic::from(7).as_f64(), Some(7.0));
    /// assert_eq!(Dynamic::from(i64::MAX).as_f64(), None);
    /// ```
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Dynamic::Float(number) => Some(*number),
            Dynamic::Int(number) => {
                let float = *number as f64;
                // As `i128`, because 2⁶³ would be cut to the largest `i64`.
                (float as i128 == i128::from(*number)).then_some(float)
            }
            _ => None,
        }
    }

    /// The text, if it is one.
    ///
    /// ```
    /// assert_eq!(frames_core::Dynamic::from("a").as_str(), Some("a"));
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Dynamic::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, of `bytes` or a `bytearray`: shared, to be cloned without a copy.
    ///
    /// ```
    /// use frames_core::{Dynamic, bytes::Bytes};
    /// assert_eq!(Dynamic::from(Bytes::from_static(b"ab")).as_bytes().unwrap(), "ab");
    /// ```
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Dynamic::Bytes(bytes) | Dynamic::ByteArray(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The array, if it is one.
    ///
    /// ```
    /// let data = vec![1u16, 2];
    /// let (header, frames) = frames_core::serialize(&data)?;
    /// let value: frames_core::Dynamic = frames_core::deserialize(&header, frames)?;
    /// assert_eq!(value.as_array().unwrap().shape(), [2]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn as_array(&self) -> Option<&NdArray> {
        match self {
            Dynamic::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The value under a key of a dict, the attribute of an object, or the column of a table.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// let dict = Dynamic::Dict(vec![("a".into(), 1.into())]);
    /// assert_eq!(dict.get("a"), Some(&Dynamic::Int(1)));
    /// assert_eq!(dict.get("b"), None);
    /// ```
    pub fn get(&self, key: &str) -> Option<&Dynamic> {
        let found = self.entries().iter().find(|(name, _)| name.as_str() == Some(key));
        let value = found.map(|(_, value)| value);
        value.or_else(|| match self {
            Dynamic::Object(object) => object.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        })
    }

    /// Item `index` of a list, tuple, set or frozenset.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// assert_eq!(Dynamic::List(vec![1.into()]).index(0), Some(&Dynamic::Int(1)));
    /// ```
    pub fn index(&self, index: usize) -> Option<&Dynamic> {
        self.items().get(index)
    }

    /// How many items a list, tuple, set or frozenset has, entries a dict, columns a table, bytes a byte string, and text in UTF-8; of an array the
    /// length of its first dimension. `None` for all others.
    ///
    /// ```
    /// assert_eq!(frames_core::Dynamic::from("ž").len(), Some(2));
    /// ```
    #[allow(clippy::len_without_is_empty, reason = "most values have no length")]
    pub fn len(&self) -> Option<usize> {
        Some(match self {
            Dynamic::List(items) | Dynamic::Tuple(items) | Dynamic::Set(items) | Dynamic::FrozenSet(items) => {
                items.len()
            }
            Dynamic::Dict(entries) => entries.len(),
            Dynamic::Table(table) => table.columns.len(),
            Dynamic::Bytes(bytes) | Dynamic::ByteArray(bytes) => bytes.len(),
            Dynamic::Str(text) => text.len(),
            Dynamic::Array(array) => usize::try_from(*array.shape().first()?).ok()?,
            _ => return None,
        })
    }

    /// The items of a list, tuple, set or frozenset; none of all others.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// let sum: i64 = Dynamic::List(vec![1.into(), 2.into()]).items().iter().filter_map(Dynamic::as_i64).sum();
    /// assert_eq!(sum, 3);
    /// ```
    pub fn items(&self) -> &[Dynamic] {
        match self {
            Dynamic::List(items) | Dynamic::Tuple(items) | Dynamic::Set(items) | Dynamic::FrozenSet(items) => items,
            _ => &[],
        }
    }

    /// The entries of a dict, or the columns of a table; none of all others.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// let dict = Dynamic::Dict(vec![(1.into(), "one".into())]);
    /// assert_eq!(dict.entries()[0].0.as_i64(), Some(1));
    /// ```
    pub fn entries(&self) -> &[(Dynamic, Dynamic)] {
        match self {
            Dynamic::Dict(entries) => entries,
            Dynamic::Table(table) => &table.columns,
            _ => &[],
        }
    }

    /// The object, if it is one.
    ///
    /// ```
    /// use frames_core::{ClassRef, Dynamic, dynamic::Object};
    /// let object = Dynamic::from(Object::new(ClassRef::new("m", "C"), vec![]));
    /// assert!(object.as_object().is_some_and(|object| object.attributes.is_empty()));
    /// ```
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Dynamic::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The table, if it is one.
    ///
    /// ```
    /// use frames_core::{Dynamic, dynamic::Table};
    /// assert_eq!(Dynamic::from(Table::new(vec![], 3)).as_table().unwrap().rows, 3);
    /// ```
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Dynamic::Table(table) => Some(table),
            _ => None,
        }
    }

    /// An integer of any size from its bytes: two's complement, the lowest first, as in a pickle.
    ///
    /// ```
    /// use frames_core::Dynamic;
    /// assert_eq!(Dynamic::from_le_bytes(&[0xff]), Dynamic::Int(-1));
    /// assert_eq!(Dynamic::from_le_bytes(&[0xff; 12]), Dynamic::Int(-1));
    /// ```
    pub fn from_le_bytes(bytes: &[u8]) -> Dynamic {
        match Wide::new(bytes) {
            Ok(wide) => Dynamic::Wide(wide),
            Err(number) => Dynamic::Int(number),
        }
    }
}

macro_rules! from {
    ($($type:ty, |$value:ident| $made:expr;)*) => { $(
        impl From<$type> for Dynamic {
            fn from($value: $type) -> Dynamic {
                $made
            }
        }
    )* };
}

from! {
    bool, |value| Dynamic::Bool(value);
    i32, |number| Dynamic::Int(number.into());
    u32, |number| Dynamic::Int(number.into());
    i64, |number| Dynamic::Int(number);
    u64, |number| i64::try_from(number).map_or_else(|_| i128::from(number).into(), Dynamic::Int);
    i128, |number| Dynamic::from_le_bytes(&number.to_le_bytes());
    u128, |number| {
        let mut bytes = [0; 17];
        bytes.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
        Dynamic::from_le_bytes(&bytes)
    };
    f64, |number| Dynamic::Float(number);
    &str, |text| Dynamic::Str(text.to_owned());
    String, |text| Dynamic::Str(text);
    Bytes, |bytes| Dynamic::Bytes(bytes);
    NdArray, |array| Dynamic::Array(Box::new(array));
    Vec<Dynamic>, |items| Dynamic::List(items);
    Object, |object| Dynamic::Object(Box::new(object));
    Table, |table| Dynamic::Table(Box::new(table));
    Unopened, |closed| Dynamic::Other(Box::new(closed));
    Serialized, |value| Unopened::new(value, "it was put here closed").into();
}

impl<T: Into<Dynamic>> From<Option<T>> for Dynamic {
    fn from(value: Option<T>) -> Dynamic {
        value.map_or(Dynamic::None, Into::into)
    }
}
