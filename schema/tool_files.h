// Reads the files that declare one tool. Pure. What is wrong is told to the spot; the tool that is returned then holds
// what could be read.
#pragma once

#include <string>
#include <string_view>

#include "schema/dataset.h"
#include "schema/mistakes.h"

namespace chimera::schema {

/// tools/insert.NAME.json, which is `spot`.
InsertTool ParseInsertTool(const std::string& name, std::string_view json, const Spot& spot);

/// tools/get.NAME.json, which is `spot`, with its SQL; nullptr for a file that is not there. Parameters and
/// placeholders must match.
AnalysisTool ParseAnalysisTool(const std::string& name, std::string_view json, const std::string* sql,
                               const std::string* note_sql, const Spot& spot);

/// True for names that need no quotes anywhere: a letter or underscore, then letters, digits, underscores; at most 64.
bool IsIdentifier(std::string_view name);

}  // namespace chimera::schema
