// Reads a table of a declared dataset, in the order of its time column, after what waits for it was stored.
#pragma once

#include "schema/dataset.h"
#include "timestore/dynamic_read.h"
#include "tools/catalog.h"

namespace chimera::timestore {

/// kUnknownTable with the dataset's tables; kInvalidArgument for a table without a time column. Otherwise as
/// ReadDynamic, but for protected columns, which are left out or refused.
Result<ReadOutcome> ReadDeclared(const RequestContext& context, const ReadSources& sources, tools::Catalog& catalog,
                                 const schema::Dataset& dataset, const ReadRequest& request);

/// The tables that a dataset declares, by name.
std::vector<std::string> TablesOf(const schema::Dataset& dataset);
/// kUnknownTable: which tables `dataset` has.
Error NoSuchTable(const schema::Dataset& dataset, const std::string& table);
/// The expectation of that name with a time column; null when there is none.
const schema::TableExpectation* TimedTable(const schema::Dataset& dataset, const std::string& table);

}  // namespace chimera::timestore
