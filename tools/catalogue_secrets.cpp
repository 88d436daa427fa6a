#include "tools/catalogue_secrets.h"

#include <algorithm>

#include "base/json.h"
#include "base/redaction.h"
#include "sql/lexer.h"
#include "sql/name_policy.h"
#include "tools/row_rewriter.h"

namespace chimera::tools {

bool TellsOfDatabase(std::string_view kind, std::string_view sql) {
  if (kind == "SHOW" || kind == "DESCRIBE") return true;
  const auto tokens = sql::Tokenize(sql);
  return !tokens || std::any_of(tokens->begin(), tokens->end(),
                                [](const sql::Token& token) { return sql::IsSystemDatabase(sql::Unquote(token)); });
}

void HideSecrets(clickhouse::Rows& rows) {
  RewriteCells(rows, [](size_t, std::string_view value) {
    if (!value.starts_with('"')) return std::string(value);
    const auto json = ParseJson(value);
    if (!json || !json->is_string()) return std::string(value);
    const auto& text = json->get_ref<const std::string&>();
    const std::string clean = Redacted(text);
    if (clean == text) return std::string(value);
    std::string out;
    AppendJsonString(out, clean);
    return out;
  });
}

}  // namespace chimera::tools
