// A picture for a server, tool, resource or prompt (2025-11-25 and later).
#pragma once

#include <string>
#include <vector>

namespace chimera::mcp {

struct Icon {
  std::string src;  ///< https: or data: URI
  std::string mime_type;
  std::vector<std::string> sizes;  ///< such as "48x48", or "any"
};

}  // namespace chimera::mcp
