"""The engine that plays a vendor from data: it knows no vendor, only the primitives that dialect files name."""
