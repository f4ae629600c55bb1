//! Which callables are known, by exact names, and what makes Rust types of their calls. All others are refused.

use crate::aliases::{Name, SCALARS};
use crate::graph::Graph;
use crate::known::call::{Call, Callee, global};
use crate::known::{self, Known};
use crate::names;
use crate::node::{Node, Object};
use crate::pandas::Pandas;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

type User = dyn Fn(&Graph<'_>, Object<'_>) -> Result<Known> + Send + Sync;

/// What makes an object of a call.
#[derive(Clone)]
pub(crate) enum Constructor {
    /// The name is the object.
    Constant(fn() -> Known),
    /// A call of the name.
    Call(fn(&Call<'_>) -> Result<Known>),
    /// A call of `getattr(class, name)`, where the name is this one.
    Method(&'static str, fn(&Call<'_>) -> Result<Known>),
    /// A member of this enum, by value or by name.
    Enum,
    /// An object that its own module reads.
    Read(fn(&mut Pandas<'_>, Value) -> Result<Option<Known>>),
    /// The user's own.
    User(Arc<User>),
}

/// The callables that are known, each by its exact module and qualified name, and the Rust types that their calls become.
///
/// What is not in it is not made: [`construct`](Self::construct) names it in an error, and it stays in the graph as it came, to be looked at
/// and written again. A dotted name is one name and a prefix is none, so `pathlib` with `os.system`, or all of `numpy`, gets nobody
/// anywhere. Names that moved between versions (`pathlib._local`, `numpy.core`, pandas) are the same as where they are today.
///
/// ```
/// use frames_pickle::{Graph, Known, Object, Registry};
/// struct Point { x: i64 }
/// fn point(graph: &Graph<'_>, object: Object<'_>) -> frames_core::Result<Point> {
///     let frames_pickle::Node::Tuple(&[x]) = graph.node(object.args()) else {
///         return Err(frames_core::Error::custom("a point has one number"));
///     };
///     let frames_pickle::Node::Int(x) = graph.node(x) else { return Err(frames_core::Error::custom("it is an int")) };
///     Ok(Point { x: x.to_i64().unwrap_or(i64::MAX) })
/// }
/// let registry = Registry::standard().clone().with("geometry", "Point", point);
/// let graph = frames_pickle::read(b"cgeometry\nPoint\n(K\x07tR.")?;
/// let point = registry.construct(&graph, graph.root())?.downcast::<Point>().unwrap();
/// assert_eq!(point.x, 7);
/// let error = Registry::standard().construct(&graph, graph.root()).unwrap_err();
/// assert!(error.to_string().contains("geometry.Point"));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    /// By module, and in it by name.
    known: HashMap<String, HashMap<String, Constructor>>,
    moved: HashMap<String, HashMap<String, (String, String)>>,
}

impl Registry {
    /// One that knows nothing.
    ///
    /// ```
    /// use frames_pickle::Registry;
    /// let graph = frames_pickle::read(b"cdecimal\nDecimal\n(X\x01\0\0\x001tR.")?;
    /// assert!(Registry::new().construct(&graph, graph.root()).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new() -> Registry {
        Registry::default()
    }

    /// The one that knows Python's standard library, numpy, pandas and pyarrow: the types in [`known`](crate::known).
    ///
    /// ```
    /// use frames_pickle::Registry;
    /// assert!(Registry::standard().knows("decimal", "Decimal"));
    /// assert!(!Registry::standard().knows("os", "system"));
    /// ```
    pub fn standard() -> &'static Registry {
        static STANDARD: LazyLock<Registry> = LazyLock::new(|| {
            let mut registry = Registry::new();
            for (module, name, constructor) in known::STANDARD {
                registry.add(module, name, constructor.clone());
            }
            for name in known::EXCEPTIONS {
                registry.add("builtins", name, Constructor::Call(known::exception));
            }
            for (module, name, read) in known::ARRAYS {
                registry.add(module, name, Constructor::Read(*read));
            }
            // A class called with an object of Python: the form that all versions of numpy read. Of objects there is none.
            for (name, _) in SCALARS.iter().filter(|(_, typestr)| *typestr != "O") {
                registry.add("numpy", name, Constructor::Read(known::scalar));
            }
            registry
        });
        &STANDARD
    }

    /// With a constructor for the calls of `module.name`, in place of one that was there.
    ///
    /// It gets the object as it is in the graph: it has to check kind, arguments and steps. Protocols 0 and 1 make objects by
    /// `copyreg._reconstructor`, with the class as its first argument and the state as always; the registry looks through this.
    ///
    /// ```
    /// use frames_pickle::Registry;
    /// let registry = Registry::new().with("m", "C", |_graph, object| Ok(object.state().is_some()));
    /// let graph = frames_pickle::read(b"cm\nC\n)\x81Nb.")?;
    /// assert!(registry.construct(&graph, graph.root())?.downcast::<bool>().unwrap());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn with<T: Any + Send>(
        mut self,
        module: &str,
        name: &str,
        constructor: impl Fn(&Graph<'_>, Object<'_>) -> Result<T> + Send + Sync + 'static,
    ) -> Registry {
        let boxed = move |graph: &Graph<'_>, object: Object<'_>| -> Result<Known> {
            Ok(Known::User(Box::new(constructor(graph, object)?)))
        };
        self.add(module, name, Constructor::User(Arc::new(boxed)));
        self
    }

    /// With the members of an enum, which become [`EnumMember`](known::EnumMember)s. Python pickles a member as a call of its class, which
    /// could be any class: only the user knows.
    ///
    /// ```
    /// use frames_pickle::{Known, Registry};
    /// let graph = frames_pickle::read(b"csignal\nSignals\n(K\x02tR.")?;
    /// let registry = Registry::new().with_enum("signal", "Signals");
    /// assert!(matches!(registry.construct(&graph, graph.root())?, Known::EnumMember(_)));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_enum(mut self, module: &str, class: &str) -> Registry {
        self.add(module, class, Constructor::Enum);
        self
    }

    /// With another name for what is registered as `new`, as after a move in the user's own code. It is looked at once: names do not chain.
    ///
    /// The objects of numpy, pandas and pyarrow take no other names: they hold each other, and are recognized by the names that their packages have
    /// or had. An alias for one of these leaves the old name unknown.
    ///
    /// ```
    /// use frames_pickle::Registry;
    /// let registry = Registry::standard().clone().with_alias(("old.place", "Money"), ("decimal", "Decimal"));
    /// assert!(registry.knows("old.place", "Money"));
    /// ```
    #[must_use]
    pub fn with_alias(mut self, old: (&str, &str), new: (&str, &str)) -> Registry {
        let new = (new.0.to_owned(), new.1.to_owned());
        self.moved.entry(old.0.to_owned()).or_default().insert(old.1.to_owned(), new);
        self
    }

    /// Without `module.name`, and without where it moved.
    ///
    /// ```
    /// use frames_pickle::Registry;
    /// assert!(!Registry::standard().clone().without("re", "_compile").knows("re", "_compile"));
    /// ```
    #[must_use]
    pub fn without(mut self, module: &str, name: &str) -> Registry {
        let (module, name) = names::today(module, name);
        if let Some(names) = self.known.get_mut(module) {
            names.remove(name);
        }
        self
    }

    /// True if calls of `module.name` are made here.
    ///
    /// ```
    /// use frames_pickle::Registry;
    /// assert!(Registry::standard().knows("pathlib._local", "PosixPath"));
    /// assert!(!Registry::standard().knows("pathlib", "os.system"));
    /// ```
    pub fn knows(&self, module: &str, name: &str) -> bool {
        self.find(module, name).is_some()
    }

    /// Makes a Rust type of an object, if its callable is known. What pickle itself knows (numbers, text, containers) is
    /// [`Known::Plain`], as it is.
    ///
    /// # Errors
    ///
    /// The callable is not known: of kind [`UnknownType`](ErrorKind::UnknownType), with its full name. So is a class or function that is not
    /// called, a persistent id and an extension code. Of other kinds if the arguments are not those that Python writes.
    ///
    /// ```
    /// use frames_pickle::{Known, Registry};
    /// let graph = frames_pickle::read(b"cos\nsystem\n(X\x04\0\0\0truetR.")?;
    /// let error = Registry::standard().construct(&graph, graph.root()).unwrap_err();
    /// assert_eq!(error.kind(), frames_core::ErrorKind::UnknownType);
    /// assert!(error.to_string().starts_with("`os.system` is not known"));
    /// assert!(matches!(Registry::standard().construct(&graph, 7.into())?, Known::Plain(_)));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn construct(&self, graph: &Graph<'_>, value: Value) -> Result<Known> {
        self.construct_with(&mut Pandas::new(graph), value)
    }

    /// The same for many values of one graph: what all of them may cost is paid from one budget, because a pickle names one part in many.
    pub(crate) fn construct_with(&self, readers: &mut Pandas<'_>, value: Value) -> Result<Known> {
        let graph = readers.graph;
        match graph.node(value) {
            Node::Object(object) => self.object(readers, value, object),
            Node::Global(_) => {
                // To a constant nothing is done; `global` sees to it.
                match global(graph, value).and_then(|(module, name)| self.find(module, name)) {
                    Some(Constructor::Constant(make)) => Ok(make()),
                    _ => Err(unknown(graph, value)),
                }
            }
            Node::Persistent(_) => Err(Error::new(ErrorKind::UnknownType, "an object by a persistent id is not known")
                .with_help("Reader::persistent_ids says what it is")),
            Node::Extension(code) => {
                let text = format!("the extension code {code} is not known");
                Err(Error::new(ErrorKind::UnknownType, text).with_help("Reader::extensions says what it is"))
            }
            _ => Ok(Known::Plain(value)),
        }
    }

    fn object(&self, readers: &mut Pandas<'_>, value: Value, object: Object<'_>) -> Result<Known> {
        let graph = readers.graph;
        known::work::pay(&mut readers.arrow.arrays, object)?;
        let call = Call::recorded(graph, object);
        let (module, name, constructor) = match call.callee {
            Callee::Global(module, name) => (module, name, self.find(module, name)),
            Callee::Method(module, class, method) => match self.find(module, class) {
                Some(found @ Constructor::Method(known, _)) if *known == method => (module, class, Some(found)),
                _ => (module, class, None),
            },
            Callee::Other(_) => ("", "", None),
        };
        let is_method = matches!(call.callee, Callee::Method(..));
        let made = match constructor {
            Some(Constructor::Call(make)) => call.check().and_then(|()| make(&call)),
            Some(Constructor::Method(_, make)) if is_method => call.check().and_then(|()| make(&call)),
            Some(Constructor::Enum) => call.check().and_then(|()| known::enum_member(&call)),
            Some(Constructor::Read(read)) => match read(readers, value) {
                Ok(Some(made)) => return Ok(made),
                Ok(None) => Err(known::other_array(module, name)),
                Err(error) => Err(error),
            },
            Some(Constructor::User(make)) => make(graph, object),
            _ => match self.member(&call) {
                Some(member) => return Ok(member),
                // The call of `getattr` is of interest only with its arguments.
                None if object.path() == Some(("builtins", "getattr")) => return Err(unknown(graph, value)),
                None if self.is_vain(module, name) => {
                    let text = format!("`{}.{}` is not known", module.escape_debug(), name.escape_debug());
                    let error = Error::new(ErrorKind::UnknownType, text);
                    return Err(
                        error.with_help("what numpy, pandas and pyarrow pickle is read by their own names only")
                    );
                }
                None => return Err(unknown(graph, call.class.unwrap_or(object.callable()))),
            },
        };
        made.map_err(|error| error.in_type(format!("{module}.{name}")))
    }

    /// A member of an enum by its name.
    fn member(&self, call: &Call<'_>) -> Option<Known> {
        let Known::EnumMember(member) = known::enum_member_by_name(call)? else { return None };
        match self.find(&member.module, &member.class)? {
            Constructor::Enum => Some(Known::EnumMember(member)),
            _ => None,
        }
    }

    fn add(&mut self, module: &str, name: &str, constructor: Constructor) {
        let (module, name) = names::today(module, name);
        self.known.entry(module.to_owned()).or_default().insert(name.to_owned(), constructor);
    }

    fn find(&self, module: &str, name: &str) -> Option<&Constructor> {
        self.registered(module, name).filter(|_| !self.is_vain(module, name))
    }

    /// What is registered under a name or its alias.
    fn registered(&self, module: &str, name: &str) -> Option<&Constructor> {
        let (module, name) = self.alias(module, name).unwrap_or((module, name));
        let (module, name) = names::today(module, name);
        self.known.get(module)?.get(name)
    }

    fn alias(&self, module: &str, name: &str) -> Option<(&str, &str)> {
        self.moved.get(module)?.get(name).map(|(module, name)| (&**module, &**name))
    }

    /// True for an alias of what is recognized by the names in the graph, of which the old one is none.
    fn is_vain(&self, module: &str, name: &str) -> bool {
        self.alias(module, name).is_some()
            && Name::of(module, name).is_none()
            && matches!(self.registered(module, name), Some(Constructor::Read(_)))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry of {} callables", self.known.values().map(HashMap::len).sum::<usize>())
    }
}

/// How deep a callable is named that calls make.
const DEEPEST: usize = 8;

#[cold]
fn unknown(graph: &Graph<'_>, callable: Value) -> Error {
    let help = match graph.node(callable) {
        Node::Global(_) => {
            "Registry::with(module, name, constructor) adds it, and the graph keeps the object as it came"
        }
        _ => "only callables by name can be added, and the graph keeps the object as it came",
    };
    let text = format!("`{}` is not known", described(graph, callable).escape_debug());
    Error::new(ErrorKind::UnknownType, text).with_help(help)
}

/// `module.name`, or the call that makes the callable, by the names in it.
fn described(graph: &Graph<'_>, callable: Value) -> String {
    let (mut text, mut behind, mut next) = (String::new(), String::new(), callable);
    for _ in 0..DEEPEST {
        match graph.node(next) {
            Node::Global(global) => {
                text.push_str(&format!("{global:?}"));
                return text + &behind;
            }
            Node::Object(object) => match (object.path(), graph.node(object.args())) {
                (Some(("builtins", "getattr")), Node::Tuple(&[from, name])) => {
                    text.push_str("builtins.getattr(");
                    behind.insert_str(
                        0,
                        &match graph.node(name) {
                            Node::Str(name) => format!(", '{}')", name.to_string_lossy()),
                            _ => ", …)".to_owned(),
                        },
                    );
                    next = from;
                }
                _ => {
                    behind.insert_str(0, "(…)");
                    next = object.callable();
                }
            },
            _ => break,
        }
    }
    text + "…" + &behind
}
