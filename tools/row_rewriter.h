// Changes values of a result, cell by cell, without touching the text of the others. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "clickhouse/client.h"

namespace chimera::tools {

/// Replaces every value by what `rewrite` makes of its column's number and its JSON text; again JSON text. False when
/// the rows cannot be read, which leaves them empty.
bool RewriteCells(clickhouse::Rows& rows, const std::function<std::string(size_t, std::string_view)>& rewrite);

}  // namespace chimera::tools
