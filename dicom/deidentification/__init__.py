"""De-identification: a research copy of an untrusted file, and a manifest of what was done.

It follows PS3.15 Annex E from the other end: a copy is not an original with things taken out, but a new object into
which only what is known to be safe is put.

| module | decides |
|---|---|
| `engine` | the order of things |
| `scope`, `burned_in_text` | which objects can be cleaned; which must wait for a person |
| `rules`, `data/` | what the standard's tables say about an attribute |
| `header` | how each level of a dataset is walked |
| `identity` | what names the people and records of one object |
| `terms`, `vocabulary`, `allow_list` | which texts may stay |
| `values`, `dates`, `coded_entries`, `private_tags`, `replacements` | one value |
| `pixels`, `redaction` | pixels, and the words that hide beside them |
| `provenance`, `manifest` | what the copy and its record say about it |

The engine runs in a worker process of `dicom.visits`. Only `manifest` and `replacements` are for its parent.
"""
