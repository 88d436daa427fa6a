#include "ingest/row_reader.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text.h"

namespace chimera::ingest {

namespace ondemand = simdjson::ondemand;

bool ForEachLine(std::string_view body, const std::function<bool(std::string_view line)>& visit) {
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (!visit(line)) return false;
  }
  return true;
}

struct RowReader::Impl {
  /// `behind`: bytes that may be read behind the line.
  bool ReadFields(std::string_view line, size_t behind) {
    fields.clear();
    ondemand::document document;
    ondemand::object row;
    if (parser.iterate(line.data(), line.size(), line.size() + behind).get(document)) return false;
    if (document.get_object().get(row)) return false;
    for (auto element : row) {
      RowField field;
      if (element.unescaped_key().get(field.name)) return false;
      if (simdjson::to_json_string(element.value()).get(field.json)) return false;
      field.json = Trim(field.json);
      fields.push_back(field);
    }
    const char* end = nullptr;
    return document.current_location().get(end) == simdjson::OUT_OF_BOUNDS;
  }

  ondemand::parser parser;
  RowFields fields;
};

RowReader::RowReader() : impl_(std::make_unique<Impl>()) {}
RowReader::~RowReader() = default;

bool RowReader::Read(std::string_view body,
                     const std::function<bool(std::string_view line, const RowFields& fields)>& visit) {
  const simdjson::padded_string padded(body);
  const char* const end = padded.data() + padded.size() + simdjson::SIMDJSON_PADDING;
  return ForEachLine(padded, [&](std::string_view line) {
    return impl_->ReadFields(line, static_cast<size_t>(end - line.data()) - line.size()) && visit(line, impl_->fields);
  });
}

}  // namespace chimera::ingest
