// Reads the files that declare one tool. Pure; `where` names the file in messages.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "schema/dataset.h"

namespace chimera::schema {

/// tools/insert.NAME.json; kInvalidArgument naming file, column and key.
Result<InsertTool> ParseInsertTool(const std::string& name, std::string_view json, const std::string& where);

/// tools/get.NAME.json with its SQL; `note_sql` is empty when the tool has none. Parameters and placeholders must
/// match.
Result<AnalysisTool> ParseAnalysisTool(const std::string& name, std::string_view json, std::string_view sql,
                                       std::string_view note_sql, const std::string& where);

/// True for names that need no quotes anywhere: a letter or underscore, then letters, digits, underscores; at most 64.
bool IsIdentifier(std::string_view name);

}  // namespace chimera::schema
