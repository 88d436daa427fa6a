// A table as a model reads it: the page behind clickhouse://{database}/{table}, and a few lines for prompts and for the
// dataset's page. Markdown without tables: fewer tokens than JSON, and one column is one line. Pure.
#pragma once

#include <string>

#include "guide/facts.h"
#include "guide/wording.h"
#include "schema/dataset.h"

namespace chimera::guide {

/// The whole page. `dataset` is the one whose database the table is in, or nullptr.
/// Only tools that are offered are named.
std::string TablePage(const TableFacts& facts, const schema::Dataset* dataset, const Offers& offers = {});

/// "- `bench_runs`: 31 rows, ts from … to …; ReplacingMergeTree: FINAL": rows, range and what to mind when reading.
std::string TableLine(const TableFacts& facts);

/// TableLine and the columns with their types.
std::string TableBrief(const TableFacts& facts);

}  // namespace chimera::guide
