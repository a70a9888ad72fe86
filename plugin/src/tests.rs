//! The rules, under the ids of the product.
