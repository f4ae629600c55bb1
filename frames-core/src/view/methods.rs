//! The functions of [`Column`] on each kind of column itself, so that nobody has to import the trait or say of which type a
//! column is, where several have columns of one kind.

use super::{Cell, Column, Iter, Lists, Numbers, Options, Owned, Pointed, Pointers, Texts, Viewable};

macro_rules! methods {
    ($([$($generics:tt)*] $column:ty, $of:ty, $value:ty;)*) => { $(
        impl<$($generics)*> $column {
            /// How many values there are.
            pub fn len(&self) -> usize {
                Column::<$of>::len(self)
            }
            /// True if there are none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
            /// The value at `index`; `None` behind the last.
            #[inline]
            pub fn get(&self, index: usize) -> Option<$value> {
                Column::<$of>::get(self, index)
            }
            /// All values, in order.
            pub fn iter(&self) -> Iter<'_, $of, Self> {
                Iter::new(Some(self), 0..self.len())
            }
        }
    )* };
}

methods! {
    [] Texts<'_>, String, &str;
    [T: Cell + for<'v> Viewable<Ref<'v> = T>] Numbers<'_, T>, T, T;
    [T: Viewable] Lists<'_, T>, Vec<T>, T::List<'_>;
    [T: Viewable] Options<'_, T>, Option<T>, Option<T::Ref<'_>>;
    [T: for<'v> Viewable<Ref<'v> = &'v T>] Owned<T>, T, &T;
    [T: Viewable] Pointers<'_, T>, Box<T>, Pointed<'_, T>;
}
