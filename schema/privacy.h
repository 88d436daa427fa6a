// What is done to columns that hold what is nobody's business: declared per dataset, changed by the operator. Here is
// what the declarations say and whether they fit the dataset; tools/protector.h does it. docs/datasets.md describes the
// form. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace chimera::schema {

struct Dataset;

enum class Protection {
  kMask,  ///< text of a certain form, or all of it, is replaced
  kHash,  ///< the value is replaced by its keyed hash: equal values stay equal
  kDrop,  ///< the value is left out: the column's default is stored, null is shown
};

/// "mask", "hash" or "drop".
std::string_view Name(Protection protection);

struct PrivacyRule {
  std::string table;
  std::string column;
  Protection protection = Protection::kMask;
  std::vector<std::string> what;  ///< of a mask: "email" or "ip"; empty: the whole text
  /// Whether results are treated, too. False: what is stored may be shown, since it was treated when it was stored.
  bool results = true;
};

/// The rules of `object`, {"TABLE.COLUMN": "mask" | "hash" | "drop" | "off" | {"policy", "what", "results"}}, laid over
/// those that `dataset` has: a rule for a column replaces the one before, "off" takes it away. `*` for a table stands
/// for every table that an insert tool fills and that has the column. kInvalidArgument naming `where` and the key.
Result<std::vector<PrivacyRule>> ReadPrivacy(const Json& object, const Dataset& dataset, const std::string& where);

/// Lays {"DATASET": {…}} over the rules of `datasets`. kInvalidArgument naming `where`, dataset and key.
Status OverridePrivacy(std::string_view text, std::vector<Dataset>& datasets, const std::string& where);

}  // namespace chimera::schema
