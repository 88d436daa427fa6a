// Columns of a live table as an insert tool declares them. Private to schema/draft.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "schema/type_name.h"

namespace chimera::schema {

struct DraftColumn {
  std::string name, type, default_kind, default_expression, comment;
  std::optional<TypeKind> kind;  ///< absent: a type that datasets do not have
};

/// Why the column cannot be inserted by a tool, as the end of a sentence; empty when it can.
std::string NotInsertable(const DraftColumn& column);

/// The column for tools/insert.NAME.json, with bounds and an example of live values. `from` is the quoted table.
Result<Json> DeclareColumn(const RequestContext& context, clickhouse::Client& client, const DraftColumn& column,
                           const std::string& from);

/// Whether a column of this name may hold what belongs to a person, or a key: mail, user_id, api_key, name, but neither
/// model_name nor token_count.
bool LooksPersonal(const std::string& name);

/// "latency_p95_ms" → "Latency p95 ms".
std::string Words(const std::string& name);

}  // namespace chimera::schema
