#include "transfer/row_writer.h"

#include <chrono>

#include "base/json.h"

namespace chimera::transfer {
namespace {

using tools::JsonKind;
using tools::JsonValue;
using tools::Refusal;
using tools::TypeKind;
using Refused = std::optional<Refusal>;

/// PostgreSQL's booleans are t and f.
std::optional<bool> AsBool(std::string_view text) {
  for (std::string_view yes : {"t", "true", "1", "True", "TRUE"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"f", "false", "0", "False", "FALSE"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

/// A text as the kind of JSON value that the column's rule takes.
JsonValue AsValue(const tools::ColumnType& type, std::string_view text) {
  if (type.kind == TypeKind::kBool) {
    if (const auto value = AsBool(text)) return {JsonKind::kBool, *value ? "true" : "false"};
    return {JsonKind::kString, text};
  }
  const bool is_flag = type.kind == TypeKind::kUnsigned && type.bits == 8 && !text.empty() && text[0] > '9';
  if (is_flag) {
    if (const auto value = AsBool(text)) return {JsonKind::kNumber, *value ? "1" : "0"};
  }
  const bool is_number = type.IsInteger() || type.kind == TypeKind::kFloat || type.kind == TypeKind::kDecimal;
  return {is_number ? JsonKind::kNumber : JsonKind::kString, text};
}

bool IsText(const tools::ColumnType& type) {
  return type.kind == TypeKind::kString || type.kind == TypeKind::kFixedString || type.kind == TypeKind::kEnum;
}

}  // namespace

RowWriter::RowWriter(const Target& target, bool keyed, std::optional<tools::Instant> since,
                     std::optional<tools::Instant> kept_since)
    : target_(target), keyed_(keyed), since_(since), kept_since_(kept_since) {}

void RowWriter::Begin() {
  row_.clear();
  split_at_.reset();
  time_.reset();
  row_assumed_ = row_cut_ = 0;
}

void RowWriter::Open(size_t column) {
  if (keyed_)
    row_ += target_.columns[column].rule.key;
  else
    row_ += ',';
}

Refused RowWriter::Put(size_t column, const JsonValue& value) {
  const TargetColumn& known = target_.columns[column];
  Open(column);
  const size_t begin = row_.size();
  auto refused = known.opaque ? PutOpaque(value) : PutChecked(column, value);
  if (!refused && known.rule.protector) Protect(known.rule, begin);
  return refused;
}

/// Replaces what was just appended by what privacy lets be stored.
void RowWriter::Protect(const tools::ColumnRule& rule, size_t begin) {
  const std::string value = row_.substr(begin);
  const std::string stored = rule.protector->Stored(value, rule.fallback.value_or("null"));
  protected_ += stored != value;
  row_.replace(begin, value.size(), stored);
}

Refused RowWriter::PutChecked(size_t column, const JsonValue& value) {
  const TargetColumn& known = target_.columns[column];
  tools::TimeFacts facts;
  if (auto refused = tools::AppendValue(known.rule, value, row_, facts)) return refused;
  if (!known.rule.type.IsTemporal() || value.kind == JsonKind::kNull) return std::nullopt;
  if (facts.is_now) return Refusal{"must be a time: an import does not make one up", ""};
  row_assumed_ += facts.assumed_utc;
  row_cut_ += facts.cut;
  if (column == target_.split_column) split_at_ = facts.at;
  if (column == target_.time_column) time_ = facts.at;
  return std::nullopt;
}

Refused RowWriter::PutOpaque(const JsonValue& value) {
  if (value.kind == JsonKind::kString)
    AppendJsonString(row_, value.text);
  else
    row_ += value.text;
  return std::nullopt;
}

/// A field without a text: NULL where the column has one, else the declared default. The text "" stands for itself.
Refused RowWriter::PutEmpty(size_t column, const Field& field) {
  const TargetColumn& known = target_.columns[column];
  const tools::ColumnRule& rule = known.rule;
  if (rule.type.nullable) return Put(column, JsonValue{JsonKind::kNull, "null"});
  if (rule.fallback && !rule.fallback_is_now) {
    PutStored(column, *rule.fallback);
    return std::nullopt;
  }
  if (IsText(rule.type) && !field.is_null) return Put(column, JsonValue{JsonKind::kString, ""});
  return Refusal{"is empty, and the column takes no NULL", tools::ExampleHint(rule)};
}

Refused RowWriter::Put(size_t column, const Field& field) {
  const TargetColumn& known = target_.columns[column];
  const bool empty = field.text.empty() && !(field.quoted && IsText(known.rule.type));
  if (!known.opaque) {
    if (field.is_null || empty) return PutEmpty(column, field);
    return Put(column, AsValue(known.rule.type, field.text));
  }
  if (field.is_null) return Put(column, JsonValue{JsonKind::kNull, "null"});
  const bool is_json = !field.text.empty() && (field.text[0] == '[' || field.text[0] == '{');
  if (is_json && !Json::accept(field.text)) return Refusal{"is not JSON, which " + known.type + " is read from", ""};
  return Put(column, JsonValue{is_json ? JsonKind::kArray : JsonKind::kString, field.text});
}

void RowWriter::PutStored(size_t column, std::string_view json) {
  Open(column);
  row_ += json;
}

std::optional<int64_t> RowWriter::Group() const {
  if (!split_at_) return std::nullopt;
  const auto bucket = target_.split_by == SplitBy::kMonth ? tools::Bucket::kMonth : tools::Bucket::kDay;
  return bucket == tools::Bucket::kDay ? std::chrono::floor<std::chrono::days>(*split_at_).time_since_epoch().count()
                                       : tools::BucketNumber(*split_at_, bucket);
}

bool RowWriter::Finish() {
  if (since_ && time_ && *time_ < *since_) return false;
  const auto day = Group();
  tools::RowGroup& group = groups_[day];
  group.day = day;
  const size_t begin = group.body.size();
  group.body += row_;
  group.body[begin] = keyed_ ? '{' : '[';  // over the first comma
  group.body += keyed_ ? "}\n" : "]\n";
  ++group.rows;
  ++rows_;
  past_ += kept_since_ && time_ && *time_ < *kept_since_;
  assumed_utc_ += row_assumed_;
  cut_ += row_cut_;
  return true;
}

std::vector<tools::RowGroup> RowWriter::Take() {
  std::vector<tools::RowGroup> groups;
  for (auto& [day, group] : groups_) groups.push_back(std::move(group));
  return groups;
}

}  // namespace chimera::transfer
