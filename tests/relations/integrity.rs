mod checked;
mod guard;
mod large;
mod repair;
mod scan;
mod school;
