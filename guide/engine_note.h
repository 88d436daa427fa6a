// What a table's engine means for those who read it. Pure.
#pragma once

#include <string>

#include "tools/catalog.h"

namespace chimera::guide {

/// One or two sentences, such as "An older row with the same sorting key goes away at a later merge; …"; "" for plain
/// tables.
std::string EngineNote(const tools::Table& table);

}  // namespace chimera::guide
