#include "tools/row_rewriter.h"

#include <simdjson.h>

#include "base/text.h"

namespace chimera::tools {
namespace {

namespace ondemand = simdjson::ondemand;
using Rewrite = std::function<std::string(size_t, std::string_view)>;

bool AppendRow(ondemand::value json, const Rewrite& rewrite, std::string& out) {
  ondemand::array cells;
  if (json.get_array().get(cells)) return false;
  size_t column = 0;
  for (auto element : cells) {
    ondemand::value cell;
    std::string_view text;
    if (element.get(cell) || simdjson::to_json_string(cell).get(text)) return false;
    out += column == 0 ? '[' : ',';
    out += rewrite(column++, Trim(text));
  }
  out += column == 0 ? "[]" : "]";
  return true;
}

bool AppendRows(const std::string& text, const Rewrite& rewrite, std::string& out) {
  const simdjson::padded_string padded("[" + text + "]");
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array list;
  if (parser.iterate(padded).get(document) || document.get_array().get(list)) return false;
  for (auto element : list) {
    ondemand::value row;
    if (element.get(row)) return false;
    if (!out.empty()) out += ',';
    if (!AppendRow(row, rewrite, out)) return false;
  }
  return true;
}

}  // namespace

bool RewriteCells(clickhouse::Rows& rows, const Rewrite& rewrite) {
  std::string out;
  out.reserve(rows.rows_json.size());
  const bool read = AppendRows(rows.rows_json, rewrite, out);
  rows.rows_json = read ? std::move(out) : std::string();
  return read;
}

}  // namespace chimera::tools
