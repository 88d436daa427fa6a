// Positions as callers see them: "2026-11-21T18:30:00.123456Z". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/store.h"

namespace chimera::ingest {

/// Always with six decimals and Z, so that the order of texts is that of positions. Requires position ≥ 0.
std::string PositionText(Position position);
/// Takes up to six decimals, none included; nothing but UTC with Z.
std::optional<Position> ParsePosition(std::string_view text);

}  // namespace chimera::ingest
