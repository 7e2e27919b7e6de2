//! Tests of EarnORM as its users see it: nothing but `earnorm`, the driver and a real server.
