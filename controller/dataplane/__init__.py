"""The language of a switch: fields, tables, flows, groups and meters; their wire form; a reference interpreter."""
