#include "transfer/row_printer.h"

#include <simdjson.h>

#include "base/json.h"
#include "base/text.h"
#include "clickhouse/target.h"

namespace chimera::transfer {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

void AppendCsv(std::string_view text, bool is_text, std::string& out) {
  // What looks like NULL stands in quotes.
  const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos && !text.empty() && text != "\\N" &&
                     text.front() != ' ' && text.back() != ' ';
  if (plain || !is_text) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void AppendText(FileFormat format, std::string_view text, bool is_text, std::string& out) {
  if (format == FileFormat::kTsv)
    out += clickhouse::EscapeParameter(text);
  else
    AppendCsv(text, is_text, out);
}

error_code AppendValue(FileFormat format, ondemand::value value, std::string& out) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  std::string_view text;
  if (type == ondemand::json_type::string && format != FileFormat::kJsonLines) {
    if (auto error = value.get_string().get(text)) return error;
    AppendText(format, text, true, out);
    return simdjson::SUCCESS;
  }
  if (auto error = simdjson::to_json_string(value).get(text)) return error;
  text = Trim(text);
  if (format == FileFormat::kJsonLines)
    out += text;
  else if (type == ondemand::json_type::null)
    out += format == FileFormat::kTsv ? "\\N" : "";
  else
    AppendText(format, text, type == ondemand::json_type::array || type == ondemand::json_type::object, out);
  return simdjson::SUCCESS;
}

}  // namespace

struct RowPrinter::Parser {
  ondemand::parser parser;
};

RowPrinter::RowPrinter(FileFormat format, std::vector<std::string> columns)
    : format_(format), columns_(std::move(columns)), parser_(std::make_unique<Parser>()) {
  for (const auto& column : columns_) keys_.push_back(ToText(Json(column)) + ":");
}

RowPrinter::~RowPrinter() = default;

std::string RowPrinter::Header() const {
  std::string header;
  if (format_ == FileFormat::kJsonLines) return header;
  for (const auto& column : columns_) {
    if (!header.empty()) header += format_ == FileFormat::kTsv ? '\t' : ',';
    AppendText(format_, column, true, header);
  }
  return header + "\n";
}

Status RowPrinter::Append(std::string_view rows_json, std::string& out) {
  std::string text = "[";
  text.reserve(rows_json.size() + 2 + simdjson::SIMDJSON_PADDING);
  text += rows_json;
  text += "]";
  const simdjson::padded_string_view padded(text.data(), text.size(), text.capacity());
  const auto print = [&]() -> error_code {
    ondemand::document document;
    ondemand::array rows;
    if (auto error = parser_->parser.iterate(padded).get(document)) return error;
    if (auto error = document.get_array().get(rows)) return error;
    for (auto row : rows) {
      ondemand::array values;
      if (auto error = row.get_array().get(values)) return error;
      size_t column = 0;
      for (auto element : values) {
        ondemand::value value;
        if (auto error = element.get(value)) return error;
        const char separator = format_ == FileFormat::kTsv ? '\t' : ',';
        if (column > 0) out += separator;
        if (format_ == FileFormat::kJsonLines) out += (column == 0 ? "{" : "") + keys_.at(column);
        if (auto error = AppendValue(format_, value, out)) return error;
        ++column;
      }
      out += format_ == FileFormat::kJsonLines ? "}\n" : "\n";
    }
    return simdjson::SUCCESS;
  };
  if (print()) return MakeError(ErrorCode::kInternal, "rows of the database cannot be read");
  return Ok();
}

}  // namespace chimera::transfer
