//! Windows: children live in a job object that ends with the daemon's handle, so there is nothing
//! left to do here.

use std::collections::BTreeSet;

pub(super) fn settle() {}

pub(super) fn end(_groups: &BTreeSet<i32>, _instance: Option<&str>) {}

pub(super) fn is_there(_group: i32) -> bool {
    false
}
