// Turns a batch of records into rows that are ready to be stored, and says of every other one why it is not. One object
// for a file; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "transfer/column_plan.h"
#include "transfer/file_format.h"
#include "transfer/record_cutter.h"
#include "transfer/row_writer.h"

namespace chimera::transfer {

/// A record that cannot be stored.
struct BadRow {
  uint64_t line = 0;   ///< of the file, where the record begins
  std::string column;  ///< the table's; empty: the record as a whole
  std::string message;
  std::string hint;
  std::string record;  ///< as it stands in the file
};

struct ParsedBatch {
  std::vector<tools::RowGroup> groups;  ///< one insert each
  uint64_t rows = 0;
  uint64_t skipped = 0;  ///< too old
  uint64_t assumed_utc = 0;
  uint64_t cut = 0;
  uint64_t protected_values = 0;  ///< that privacy replaced
  uint64_t past_retention = 0;    ///< rows older than what the table keeps
  std::vector<BadRow> bad;
};

class BatchReader {
 public:
  /// `header` names the file's columns; empty for JSON lines. `since`: rows before it are skipped. `now` is what
  /// columns hold that the file lacks and whose declared default is the time of storing. `target` must outlive this.
  /// Errors: as for PlanColumns and ColumnFor.
  static Result<BatchReader> Create(const Target& target, Mapping mapping, FileFormat format,
                                    const std::vector<std::string>& header, std::optional<tools::Instant> since,
                                    tools::Instant now);

  ParsedBatch Read(const RecordBatch& batch) const;

  /// The columns of the inserts, and the format of their bodies.
  const std::vector<std::string>& Columns() const { return columns_; }
  std::string_view BodyFormat() const { return IsJson() ? "JSONEachRow" : "JSONCompactEachRow"; }
  /// Columns whose values a later run may fill otherwise: those of the time of storing, of defaults, of privacy.
  std::set<std::string> Unsure() const;
  /// What goes where, as one text: files that are read differently are different imports.
  const std::string& Identity() const { return identity_; }

 private:
  BatchReader(const Target& target, Mapping mapping, FileFormat format, std::optional<tools::Instant> since)
      : target_(&target), mapping_(std::move(mapping)), format_(format), since_(since) {}
  bool IsJson() const { return format_ == FileFormat::kJsonLines; }
  void PlanDefaults(tools::Instant now);
  void PlanConstants();
  void ReadText(const RecordBatch& batch, RowWriter& writer, ParsedBatch& parsed) const;
  std::optional<BadRow> PutFields(const std::vector<Field>& fields, RowWriter& writer) const;
  void ReadJson(const RecordBatch& batch, RowWriter& writer, ParsedBatch& parsed) const;

  const Target* target_;
  Mapping mapping_;
  FileFormat format_;
  std::optional<tools::Instant> since_;
  std::optional<tools::Instant> kept_since_;
  std::vector<std::optional<size_t>> plan_;
  std::vector<std::optional<std::string>> defaults_;  // by the table's column: what is stored where it is missing
  std::vector<size_t> constants_;                     // columns that the file lacks and that have such a default
  std::vector<std::string> columns_;
  std::string identity_;
};

}  // namespace chimera::transfer
