// Reads what EXPLAIN AST prints, and looks in it for what a read must not name.
#pragma once

#include <string>
#include <string_view>

namespace chimera::security {

/// The first table, function or function's name that the gate's policy denies, as a sentence; empty when there is none.
std::string ObjectionToTree(std::string_view explained);

}  // namespace chimera::security
