#include "tools/insert_batch.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/text.h"
#include "tools/problem_list.h"
#include "tools/row_collector.h"
#include "tools/time_value.h"

namespace chimera::tools {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;

const std::vector<std::string> kArguments = {"rows", "data", "idempotency_key", "dry_run", "mode"};

JsonKind KindOf(ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::array:
      return JsonKind::kArray;
    case ondemand::json_type::object:
      return JsonKind::kObject;
    case ondemand::json_type::number:
      return JsonKind::kNumber;
    case ondemand::json_type::string:
      return JsonKind::kString;
    case ondemand::json_type::boolean:
      return JsonKind::kBool;
    case ondemand::json_type::null:
      return JsonKind::kNull;
  }
  return JsonKind::kNull;
}

error_code ReadValue(ondemand::value json, SourceValue& out) {
  ondemand::json_type type;
  if (auto error = json.type().get(type)) return error;
  out.value.kind = KindOf(type);
  if (type == ondemand::json_type::array || type == ondemand::json_type::object) {
    if (auto error = simdjson::to_json_string(json).get(out.source)) return error;
    out.value.text = out.source;
    return SUCCESS;
  }
  out.source = json.raw_json_token();
  if (type != ondemand::json_type::string) {
    out.value.text = out.source = Trim(out.source);
    const std::string_view literal = out.value.text;
    if (type == ondemand::json_type::null) return literal == "null" ? SUCCESS : simdjson::N_ATOM_ERROR;
    if (type != ondemand::json_type::boolean) return SUCCESS;
    return literal == "true" || literal == "false" ? SUCCESS : simdjson::T_ATOM_ERROR;
  }
  const auto error = json.get_string().get(out.value.text);
  out.bad_escape = error == simdjson::STRING_ERROR;
  return out.bad_escape ? SUCCESS : error;
}

/// The field's name; `expected` when it is that, which saves decoding it.
error_code NameOf(ondemand::field& field, const std::string& expected, std::string_view& key) {
  const char* raw = field.key().raw();
  key = expected;
  const bool as_expected = std::strncmp(raw, expected.c_str(), expected.size()) == 0 && raw[expected.size()] == '"';
  return as_expected ? SUCCESS : field.unescaped_key().get(key);
}

class BatchReader {
 public:
  BatchReader(const InsertRules& rules, size_t size_hint) : rules_(rules), rows_(rules, problems_, size_hint) {}

  Result<Batch> Read(std::string_view arguments) {
    const simdjson::padded_string padded(arguments);
    ondemand::parser parser;
    ondemand::document document;
    error_code error = parser.iterate(padded).get(document);
    if (!error) error = ReadDocument(document);
    if (error) return Malformed(error);
    CheckWhole();
    if (!buffered_) rows_.RefuseUnknown();
    if (!problems_.Empty()) return std::move(problems_).ToError(rules_.tool);
    Batch batch = rows_.Take();
    batch.idempotency_key = std::move(key_);
    batch.dry_run = dry_run_;
    batch.buffered = buffered_;
    return batch;
  }

 private:
  Error Malformed(error_code error) const {
    if (error == simdjson::UTF8_ERROR) {
      return MakeError(ErrorCode::kInvalidArgument, "the arguments of " + rules_.tool + " are not valid UTF-8");
    }
    return MakeError(ErrorCode::kInvalidArgument, "the arguments of " + rules_.tool + " are not a JSON object",
                     "send {\"rows\": [{…}]} or {\"data\": {…}}");
  }

  error_code ReadDocument(ondemand::document& document) {
    ondemand::object object;
    if (auto error = document.get_object().get(object)) return error;
    for (auto field : object) {
      std::string_view key;
      ondemand::value value;
      if (auto error = field.unescaped_key().get(key)) return error;
      if (auto error = field.value().get(value)) return error;
      if (auto error = ReadArgument(std::string(key), value)) return error;
    }
    const char* rest = nullptr;
    return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS ? SUCCESS : simdjson::TRAILING_CONTENT;
  }

  error_code ReadArgument(const std::string& key, ondemand::value json) {
    const bool known = std::find(kArguments.begin(), kArguments.end(), key) != kArguments.end();
    if (known && !seen_.insert(key).second) problems_.Add(key, "is given twice", "", "");
    if (key == "rows" && json.type() == ondemand::json_type::array) return ReadRows(json);
    if (key == "data" && json.type() == ondemand::json_type::object) return ReadRow(json, std::nullopt);
    SourceValue value;
    if (auto error = ReadValue(json, value)) return error;
    if (!known) return RefuseArgument(key, value);
    if (key == "rows") problems_.Add(key, "must be an array of objects", value.source, RowsHint(value));
    if (key == "data") problems_.Add(key, "must be an object: one row", value.source, "send several rows as `rows`");
    if (key == "idempotency_key") ReadKey(value);
    if (key == "dry_run") ReadDryRun(value);
    if (key == "mode") ReadMode(value);
    return SUCCESS;
  }

  static std::string RowsHint(const SourceValue& value) {
    if (value.value.kind == JsonKind::kObject) return "send one row as `data`";
    return value.value.kind == JsonKind::kString ? "send the array itself, not its text" : "";
  }

  error_code RefuseArgument(const std::string& key, const SourceValue& value) {
    const bool is_column = std::find(rules_.names.begin(), rules_.names.end(), key) != rules_.names.end();
    const std::string near = DidYouMean(key, kArguments);
    problems_.Add(key, "is not a known argument", value.source,
                  is_column      ? "put the fields of a row into `data`"
                  : near.empty() ? "known: " + Join(kArguments, ", ")
                                 : near);
    return SUCCESS;
  }

  void ReadKey(const SourceValue& value) {
    const std::string_view text = value.value.text;
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    const bool fits = value.value.kind == JsonKind::kString && !value.bad_escape && printable && !text.empty() &&
                      text.size() <= kMaxKeyBytes;
    if (!fits) {
      problems_.Add("idempotency_key", "must be a string of 1 to 200 printable ASCII characters", value.source,
                    "send a UUID, or leave it out");
      return;
    }
    key_ = text;
  }

  void ReadDryRun(const SourceValue& value) {
    if (value.value.kind == JsonKind::kBool)
      dry_run_ = value.value.text == "true";
    else
      problems_.Add("dry_run", "must be true or false", value.source, "");
  }

  void ReadMode(const SourceValue& value) {
    const std::string_view mode = value.value.kind == JsonKind::kString ? value.value.text : "";
    buffered_ = mode == "buffered";
    if (buffered_ && !rules_.buffers) {
      problems_.Add("mode", "cannot be buffered: this server has no buffer", value.source,
                    "leave it out: the call is answered when the rows are stored. Operators switch the buffer on with "
                    "CHIMERA_BUFFER");
    } else if (!buffered_ && mode != "sync") {
      problems_.Add("mode", "must be sync or buffered", value.source, "");
    }
  }

  error_code ReadRows(ondemand::value json) {
    ondemand::array rows;
    if (auto error = json.get_array().get(rows)) return error;
    uint64_t index = 0;
    for (auto element : rows) {
      ondemand::value row;
      if (auto error = element.get(row)) return error;
      if (index == kMaxInsertRows) {
        problems_.Add("rows", "has more than " + std::to_string(kMaxInsertRows) + " rows", "",
                      "send them in several calls");
        return SUCCESS;
      }
      if (auto error = ReadRow(row, index++)) return error;
    }
    if (index == 0) problems_.Add("rows", "has no rows", "[]", "send at least one");
    return SUCCESS;
  }

  error_code ReadRow(ondemand::value json, std::optional<uint64_t> index) {
    rows_.Begin(index);
    ondemand::object row;
    if (json.get_object().get(row)) return RefuseRow(json);
    for (auto element : row) {
      ondemand::field field;
      std::string_view key;
      SourceValue value;
      if (auto error = std::move(element).get(field)) return error;
      if (auto error = NameOf(field, rows_.Expected(), key)) return error;
      if (auto error = ReadValue(field.value(), value)) return error;
      rows_.Add(key, value);
    }
    rows_.Finish();
    return SUCCESS;
  }

  error_code RefuseRow(ondemand::value json) {
    SourceValue value;
    if (auto error = ReadValue(json, value)) return error;
    problems_.Add(rows_.Path(), "must be an object with the fields of a row", value.source,
                  value.value.kind == JsonKind::kString ? "send the object itself, not its text" : "");
    return SUCCESS;
  }

  void CheckWhole() {
    const bool rows = seen_.contains("rows");
    const bool data = seen_.contains("data");
    if (rows && data) problems_.Add("data", "cannot be given together with rows", "", "put all rows into `rows`");
    if (!rows && !data) problems_.Add("rows", "is required (or data, for one row)", "", "send {\"rows\": [{…}]}");
    if (rows_.Days() > kMaxInsertDays) {
      problems_.Add("rows",
                    "spread over " + std::to_string(rows_.Days()) + " days; at most " + std::to_string(kMaxInsertDays) +
                        " a call",
                    "", "send them in several calls");
    }
  }

  const InsertRules& rules_;
  ProblemList problems_;
  RowCollector rows_;
  std::set<std::string> seen_;  // the arguments so far
  std::string key_;
  bool dry_run_ = false;
  bool buffered_ = false;
};

}  // namespace

Result<InsertRules> MakeInsertRules(const schema::InsertTool& declaration) {
  InsertRules rules{.tool = declaration.name, .columns = {}, .names = {}, .partition = {}, .key = {}};
  for (const auto& column : declaration.columns) {
    const bool is_partition = column.name == declaration.partition_column;
    auto rule = MakeColumnRule(column, is_partition);
    if (!rule) return std::move(rule).error();
    if (is_partition) rules.partition = rules.columns.size();
    rules.columns.push_back(*std::move(rule));
    rules.names.push_back(column.name);
  }
  if (!declaration.partition_column.empty() && !rules.partition) {
    return MakeError(ErrorCode::kInvalidArgument, "the partition column `" + declaration.partition_column + "` of " +
                                                      declaration.name + " is not among its columns");
  }
  return rules;
}

Result<Batch> ReadBatch(const InsertRules& rules, std::string_view arguments_json) {
  return BatchReader(rules, arguments_json.size()).Read(arguments_json);
}

void FillNow(const InsertRules& rules, Instant now, RowGroup& group) {
  for (const NowSlot& slot : group.now_slots) {
    const std::string text = StoredTime(rules.columns[slot.column].type, now);
    group.body.replace(slot.offset, text.size(), text);
  }
}

}  // namespace chimera::tools
