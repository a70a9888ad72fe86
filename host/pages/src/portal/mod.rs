//! The pages of the firm's customers.
