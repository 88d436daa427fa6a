#include "transfer/batch_reader.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text.h"
#include "tools/time_value.h"
#include "transfer/json_record.h"

namespace chimera::transfer {
namespace {

std::string_view Trimmed(std::string_view record) {
  while (!record.empty() && (record.back() == '\n' || record.back() == '\r')) record.remove_suffix(1);
  return record;
}

/// The records of a batch with the line each begins in.
template <typename Take>
void ForEachRecord(const RecordBatch& batch, Take take) {
  size_t begin = 0;
  uint64_t line = batch.first_line;
  for (const size_t end : batch.ends) {
    const std::string_view record = batch.Text().substr(begin, end - begin);
    if (!Trim(record).empty()) take(Trimmed(record), begin, line);
    line += static_cast<uint64_t>(std::count(record.begin(), record.end(), '\n'));
    begin = end;
  }
}

void Close(std::optional<BadRow> bad, std::string_view record, uint64_t line, RowWriter& writer, ParsedBatch& parsed) {
  if (!bad) {
    if (!writer.Finish()) ++parsed.skipped;
    return;
  }
  bad->line = line;
  bad->record = record;
  parsed.bad.push_back(*std::move(bad));
}

BadRow Whole(std::string message, std::string hint = {}) {
  return {.line = 0, .column = {}, .message = std::move(message), .hint = std::move(hint), .record = {}};
}

}  // namespace

Result<BatchReader> BatchReader::Create(const Target& target, Mapping mapping, FileFormat format,
                                        const std::vector<std::string>& header, std::optional<tools::Instant> since,
                                        tools::Instant now) {
  BatchReader reader(target, std::move(mapping), format, since);
  reader.identity_ = std::string(Name(format));
  reader.PlanDefaults(now);
  if (target.keep_days > 0) reader.kept_since_ = now - std::chrono::days(target.keep_days);
  if (reader.IsJson()) {
    reader.columns_ = target.Names();
    for (const auto& [from, to] : reader.mapping_.renamed) {
      if (auto column = ColumnFor(target, reader.mapping_, from); !column) return std::move(column).error();
      reader.identity_ += "|" + from + "=" + to;
    }
    for (const auto& name : reader.mapping_.skipped) reader.identity_ += "|" + name + "=";
    return reader;
  }
  auto plan = PlanColumns(target, reader.mapping_, header);
  if (!plan) return std::move(plan).error();
  reader.plan_ = *std::move(plan);
  for (const auto& column : reader.plan_) {
    reader.identity_ += "|" + (column ? target.columns[*column].rule.column.name : std::string());
    if (column) reader.columns_.push_back(target.columns[*column].rule.column.name);
  }
  reader.PlanConstants();
  return reader;
}

void BatchReader::PlanDefaults(tools::Instant now) {
  for (const TargetColumn& column : target_->columns) {
    const tools::ColumnRule& rule = column.rule;
    defaults_.push_back(rule.fallback_is_now ? std::optional(tools::StoredTime(rule.type, now)) : rule.fallback);
  }
}

void BatchReader::PlanConstants() {
  for (size_t i = 0; i < defaults_.size(); ++i) {
    const bool given = std::find(plan_.begin(), plan_.end(), std::optional(i)) != plan_.end();
    if (given || !defaults_[i]) continue;
    constants_.push_back(i);
    columns_.push_back(target_->columns[i].rule.column.name);
  }
}

std::set<std::string> BatchReader::Unsure() const {
  std::set<std::string> unsure;
  for (const size_t column : constants_) unsure.insert(target_->columns[column].rule.column.name);
  for (size_t i = 0; i < target_->columns.size(); ++i) {
    const tools::ColumnRule& rule = target_->columns[i].rule;
    const bool may_be_now = rule.fallback_is_now && i != target_->split_column && i != target_->time_column;
    if (rule.protector || may_be_now) unsure.insert(rule.column.name);
  }
  return unsure;
}

ParsedBatch BatchReader::Read(const RecordBatch& batch) const {
  ParsedBatch parsed;
  RowWriter writer(*target_, IsJson(), since_, kept_since_);
  IsJson() ? ReadJson(batch, writer, parsed) : ReadText(batch, writer, parsed);
  parsed.rows = writer.Rows();
  parsed.assumed_utc = writer.AssumedUtc();
  parsed.cut = writer.Cut();
  parsed.protected_values = writer.Protected();
  parsed.past_retention = writer.Past();
  parsed.groups = writer.Take();
  return parsed;
}

void BatchReader::ReadText(const RecordBatch& batch, RowWriter& writer, ParsedBatch& parsed) const {
  const bool utf8 = simdjson::validate_utf8(batch.Text().data(), batch.Text().size());
  FieldSplitter splitter(format_ == FileFormat::kTsv);
  ForEachRecord(batch, [&](std::string_view record, size_t, uint64_t line) {
    writer.Begin();
    std::optional<BadRow> bad;
    const std::vector<Field>& fields = splitter.Split(record);
    if (!splitter.Problem().empty())
      bad = Whole(splitter.Problem());
    else if (!utf8 && !IsValidUtf8(record))
      bad = Whole("is not valid UTF-8", "convert the file, for example iconv -f WINDOWS-1252 -t UTF-8");
    else
      bad = PutFields(fields, writer);
    Close(std::move(bad), record, line, writer, parsed);
  });
}

std::optional<BadRow> BatchReader::PutFields(const std::vector<Field>& fields, RowWriter& writer) const {
  if (fields.size() != plan_.size()) {
    return Whole("has " + std::to_string(fields.size()) + " fields; the header names " + std::to_string(plan_.size()),
                 "a text that holds the separator has to stand in quotes");
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!plan_[i]) continue;
    auto refused = writer.Put(*plan_[i], fields[i]);
    if (!refused) continue;
    return BadRow{.line = 0,
                  .column = target_->columns[*plan_[i]].rule.column.name,
                  .message = std::move(refused->message),
                  .hint = std::move(refused->hint),
                  .record = {}};
  }
  for (const size_t column : constants_) writer.PutStored(column, *defaults_[column]);
  return std::nullopt;
}

void BatchReader::ReadJson(const RecordBatch& batch, RowWriter& writer, ParsedBatch& parsed) const {
  JsonRecordReader reader(*target_, mapping_, defaults_);
  ForEachRecord(batch, [&](std::string_view record, size_t begin, uint64_t line) {
    writer.Begin();
    auto bad = reader.Read(record, batch.text.size() - begin, writer);
    Close(std::move(bad), record, line, writer, parsed);
  });
}

}  // namespace chimera::transfer
