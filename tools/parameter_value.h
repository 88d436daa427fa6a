// From a JSON value to the text that the database binds to a `{name:Type}` placeholder. Refuses what the database
// would change in silence: 300 for a UInt8 becomes 44 there, digits beyond a Decimal's scale vanish.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::tools {

/// `value` for a placeholder of `type`. Times without a zone are UTC. kInvalidArgument with one problem at `path`
/// otherwise.
Result<clickhouse::Parameter> BindParameter(const std::string& name, std::string_view type, const Json& value,
                                            const std::string& path);

}  // namespace chimera::tools
