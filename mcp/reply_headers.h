// Headers that a reply brings along where it is answered by HTTP as one body of JSON; elsewhere they are dropped.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace chimera::mcp {

/// Names and values.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Those that can stand in HTTP: a name of letters, digits and hyphens, a value of printable ASCII. A line break would
/// begin a header of whoever wrote it.
Headers SafeHeaders(Headers headers);

}  // namespace chimera::mcp
