// The key `tables` of dataset.json. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "schema/dataset.h"

namespace chimera::schema {

/// Reads an object of table name → {time, late_after_s, unique, keep_days, cold_after_days, volume}, all optional.
/// `where` leads messages. kInvalidArgument naming table and key for a name that is none, an unknown key, or a bound
/// without a column to hold it against.
Result<std::vector<TableExpectation>> ParseExpectations(const Json& tables, const std::string& where);

}  // namespace chimera::schema
