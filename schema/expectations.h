// The key `tables` of dataset.json. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "schema/dataset.h"
#include "schema/mistakes.h"

namespace chimera::schema {

/// Reads an object of table name → {time, late_after_s, unique, keep_days, cold_after_days, volume}, all optional.
/// `spot` is dataset.json; it hears of a name that is none, an unknown key, or a bound without a column to hold it
/// against.
std::vector<TableExpectation> ParseExpectations(const Json& tables, const Spot& spot);

}  // namespace chimera::schema
