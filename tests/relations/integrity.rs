mod checked;
mod guard;
mod large;
mod repair;
mod repair_arrays;
mod scan;
mod school;
