mod checked;
mod guard;
