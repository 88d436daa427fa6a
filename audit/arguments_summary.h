// What the audit log says of a call's arguments: enough to know what was asked, nothing that must not be kept. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace chimera::audit {

/// True for a column, or an argument, whose values must not be written.
using Redactor = std::function<bool(std::string_view name)>;

/// True for names that speak of secrets, such as db_password or api_key.
bool IsSecretName(std::string_view name);

struct SummaryRules {
  Redactor redact = {};       ///< besides the names of secrets; may be empty
  bool hashes_texts = false;  ///< texts only as a hash
};

/// Of a call that reads: the arguments but for `sql`, which is the statement; values under a name that is redacted, or
/// of a filter on such a column, are "[masked]"; long texts are cut. What is no object, or very long, is summed up as
/// {"bytes", "sha256"}.
Json SummaryOfRead(std::string_view arguments_json, const SummaryRules& rules);

/// Of a call that writes: {"rows", "bytes", "sha256"} and whether it was a dry run; never a value of a row.
Json SummaryOfWrite(std::string_view arguments_json);

/// The statement in the arguments, `sql`; "" when there is none.
std::string StatementIn(std::string_view arguments_json);

}  // namespace chimera::audit
