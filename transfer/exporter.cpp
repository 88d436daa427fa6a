#include "transfer/exporter.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "sql/lexer.h"
#include "transfer/row_printer.h"

namespace chimera::transfer {
namespace {

constexpr uint64_t kPageRows = 100'000;
constexpr uint64_t kPageBytes = uint64_t{1} << 30;
constexpr uint64_t kMaxDays = 200'000;

/// Days that follow each other, together a page of rows where they are few.
struct Days {
  std::string first;  ///< empty: rows without a time, or of a table without one
  std::string last;
  uint64_t rows = 0;
};

uint64_t Unsigned(const Json& value) {
  return value.is_string() ? std::strtoull(value.get_ref<const std::string&>().c_str(), nullptr, 10)
                           : value.get<uint64_t>();
}

class TableExport {
 public:
  TableExport(clickhouse::Client& client, const Target& target, const ExportOptions& options)
      : client_(client), target_(target), options_(options) {}

  Status Plan() {
    columns_ = options_.columns.empty() ? DefaultColumns() : options_.columns;
    for (const auto& column : columns_) {
      if (target_.Find(column)) continue;
      return MakeError(ErrorCode::kUnknownColumn, target_.FullName() + " has no column `" + column + "`",
                       "its columns: " + Join(target_.Names(), ", "));
    }
    const bool windowed = options_.since || options_.until;
    if (windowed && !target_.time_column) {
      return MakeError(ErrorCode::kInvalidArgument,
                       target_.FullName() + " has no column that is known to tell a row's time",
                       "name it in the dataset's dataset.json, or export all rows");
    }
    return Ok();
  }

  const std::vector<std::string>& Columns() const { return columns_; }

  /// The days that have rows, in spans that are read for themselves: sorted, a span takes less memory than a table.
  Result<std::vector<Days>> Spans() const {
    clickhouse::Query query;
    query.sql = "SELECT " + (target_.time_column ? DayExpression() : "''") + " AS day, count() AS n FROM " +
                target_.QuotedName() + Where(std::nullopt) + " GROUP BY day ORDER BY day";
    query.max_rows = kMaxDays;
    query.max_bytes = kPageBytes;
    auto rows = client_.Read(Context(), query);
    if (!rows) return std::move(rows).error();
    std::vector<Days> spans;
    for (const Json& row : rows->Parsed()) {
      const Days day{row.at(0).get<std::string>(), row.at(0).get<std::string>(), Unsigned(row.at(1))};
      const bool joins = !spans.empty() && !spans.back().first.empty() && spans.back().rows + day.rows <= kPageRows;
      if (!joins) {
        spans.push_back(day);
        continue;
      }
      spans.back().last = day.last;
      spans.back().rows += day.rows;
    }
    return spans;
  }

  Result<clickhouse::Rows> Page(const Days& days, uint64_t offset) const {
    clickhouse::Query query;
    query.sql = "SELECT " + Quoted(columns_) + " FROM " + target_.QuotedName() + Where(days) + " ORDER BY " + Order() +
                " LIMIT " + std::to_string(kPageRows) + " OFFSET " + std::to_string(offset);
    query.max_rows = kPageRows;
    query.max_bytes = kPageBytes;
    auto rows = client_.Read(Context(), query);
    if (!rows) return rows;
    if (rows->invalid_utf8) {
      return MakeError(ErrorCode::kInvalidArgument, target_.FullName() + " holds texts that are not UTF-8",
                       "leave their column out with --columns");
    }
    if (rows->truncated_by_bytes) return MakeError(ErrorCode::kTooLarge, "100,000 rows take more than 1 GiB");
    return rows;
  }

  /// All rows as Parquet; returns how many.
  Result<uint64_t> Parquet(const std::stop_token& stop, const std::function<Status(std::string_view)>& write) const {
    clickhouse::Query query;
    query.sql = "SELECT " + Quoted(columns_) + " FROM " + target_.QuotedName() + Where(std::nullopt) + " ORDER BY " +
                Order() + " FORMAT Parquet";
    query.max_rows = std::numeric_limits<uint64_t>::max();
    uint64_t written = 0;
    RequestContext context = Context();
    context.stop = stop;
    return client_.ReadBytes(context, query, [&](uint64_t offset, std::string_view bytes) -> Status {
      if (offset != written) {
        return MakeError(ErrorCode::kUnavailable, "the connection broke off within the file", "export it again");
      }
      written += bytes.size();
      return write(bytes);
    });
  }

 private:
  /// Parquet goes back unread, so that nothing could fill in what it lacks.
  std::vector<std::string> DefaultColumns() const {
    std::vector<std::string> names;
    for (const auto& column : target_.columns) {
      if (!column.own || options_.format == FileFormat::kParquet) names.push_back(column.rule.column.name);
    }
    return names;
  }

  RequestContext Context() const { return RequestContext::For("export", options_.statement_time, {}); }

  const TargetColumn& Time() const { return target_.columns[*target_.time_column]; }
  std::string TimeName() const { return sql::QuoteIdentifier(Time().rule.column.name); }
  bool IsDate() const { return Time().rule.type.kind == tools::TypeKind::kDate; }
  std::string DayExpression() const {
    return "ifNull(toString(toDate32(" + TimeName() + (IsDate() ? "" : ", 'UTC'") + ")), '')";
  }

  std::string Bound(const char* operation, tools::Instant at) const {
    return TimeName() + operation + "toDateTime64('" + tools::PlainTime(at, 9) + "', 9, 'UTC')";
  }

  std::string Where(const std::optional<Days>& days) const {
    std::vector<std::string> conditions;
    if (options_.since) conditions.push_back(Bound(" >= ", *options_.since));
    if (options_.until) conditions.push_back(Bound(" < ", *options_.until));
    if (!days || !target_.time_column) return Joined(conditions);
    const auto first = tools::ParseTime(days->first);
    const auto last = tools::ParseTime(days->last);
    if (!first || !last) {
      conditions.push_back("isNull(" + TimeName() + ")");
    } else if (IsDate()) {
      conditions.push_back(TimeName() + " >= " + sql::QuoteString(days->first));
      conditions.push_back(TimeName() + " <= " + sql::QuoteString(days->last));
    } else {  // bounds of the column itself, which partitions and keys are pruned by
      conditions.push_back(Bound(" >= ", first->at));
      conditions.push_back(Bound(" < ", last->at + std::chrono::days(1)));
    }
    return Joined(conditions);
  }

  static std::string Joined(const std::vector<std::string>& conditions) {
    return conditions.empty() ? "" : " WHERE " + Join(conditions, " AND ");
  }

  static std::string Quoted(const std::vector<std::string>& names) {
    std::vector<std::string> quoted;
    for (const auto& name : names) quoted.push_back(sql::QuoteIdentifier(name));
    return Join(quoted, ", ");
  }

  std::string Order() const {
    std::vector<std::string> names;
    for (const auto& column : target_.columns) {
      if (!column.opaque) names.push_back(column.rule.column.name);
    }
    const std::string all = names.empty() ? "tuple()" : Quoted(names);
    return target_.sorting_key.empty() ? all : target_.sorting_key + ", " + all;
  }

  clickhouse::Client& client_;
  const Target& target_;
  const ExportOptions& options_;
  std::vector<std::string> columns_;
};

Error Changed(const Target& target, const Days& days, uint64_t found) {
  return MakeError(ErrorCode::kConflict,
                   target.FullName() + " changed while it was exported: of " + std::to_string(days.rows) + " rows " +
                       (days.first.empty() ? "" : "from " + days.first + " to " + days.last + " ") +
                       std::to_string(found) + " were found",
                   "export it again, or a window that nobody writes to (--until)");
}

}  // namespace

Status ExportTable(std::stop_token stop, clickhouse::Client& client, const Target& target, const ExportOptions& options,
                   const std::function<Status(std::string_view)>& write, std::atomic<uint64_t>& rows) {
  TableExport table(client, target, options);
  if (Status planned = table.Plan(); !planned) return planned;
  if (options.format == FileFormat::kParquet) {
    auto written = table.Parquet(stop, write);
    if (!written) return std::move(written).error();
    rows += *written;
    return Ok();
  }
  auto spans = table.Spans();
  if (!spans) return std::move(spans).error();
  RowPrinter printer(options.format, table.Columns());
  if (Status wrote = write(printer.Header()); !wrote) return wrote;
  for (const Days& days : *spans) {
    const uint64_t before = rows;
    for (uint64_t offset = 0; offset < days.rows; offset += kPageRows) {
      if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped; nothing is left of the file");
      auto page = table.Page(days, offset);
      if (!page) return std::move(page).error();
      std::string text;
      if (Status printed = printer.Append(page->rows_json, text); !printed) return printed;
      if (Status wrote = write(text); !wrote) return wrote;
      rows += page->row_count;
    }
    if (rows - before != days.rows) return Changed(target, days, rows - before);
  }
  return Ok();
}

}  // namespace chimera::transfer
