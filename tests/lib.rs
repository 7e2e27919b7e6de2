//! Tests of EarnORM from the outside, with `earnorm`, the driver and a real server.
