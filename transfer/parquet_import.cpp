#include "transfer/parquet_import.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/log.h"
#include "base/text.h"
#include "transfer/ledger.h"

namespace chimera::transfer {
namespace {

class MappedFile {
 public:
  static Result<std::unique_ptr<MappedFile>> Open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts {};
    const bool there = descriptor >= 0 && fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
    void* bytes = MAP_FAILED;
    const auto size = static_cast<size_t>(facts.st_size);
    if (there && size > 0) bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (bytes == MAP_FAILED) {
      return MakeError(ErrorCode::kIoError,
                       path + " cannot be read: " + (there ? "it is empty" : std::generic_category().message(reason)));
    }
    return std::unique_ptr<MappedFile>(new MappedFile({static_cast<const char*>(bytes), size}));
  }
  ~MappedFile() { munmap(const_cast<char*>(bytes_.data()), bytes_.size()); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view Bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  const std::string_view bytes_;
};

Error NotWithParquet(const std::string& what) {
  return MakeError(ErrorCode::kInvalidArgument,
                   what + " needs the rows to be looked at; Parquet is read by the database",
                   "leave it out, or convert the file to CSV or JSON lines first");
}

Status CheckOptions(const Target& target, const std::string& path, const ImportOptions& options) {
  for (const auto& column : target.columns) {
    const std::string& name = column.rule.column.name;
    if (column.rule.protector && !options.mapping.skipped.contains(name)) {
      return NotWithParquet("the protected column `" + name + "`");
    }
  }
  if (path == "-") return NotWithParquet("standard input");
  if (!options.mapping.renamed.empty()) return NotWithParquet("--map");
  if (options.days > 0) return NotWithParquet("--days");
  if (options.dry_run) return NotWithParquet("--dry-run");
  return Ok();
}

/// Its rows cannot be looked for, as those of other files are (clickhouse/stored_rows.h).
std::string OfUnknownRows(const Target& target, const std::string& path, uint64_t rows) {
  return path +
         " was sent before, and the database leaves out what it knows. Where it was killed at that time, it may "
         "know a part that it does not have: compare the " +
         std::to_string(rows) + " rows of the file with " + target.FullName();
}

std::vector<std::string> ColumnsOf(const Target& target, const Mapping& mapping) {
  std::vector<std::string> columns;
  for (const auto& name : target.Names()) {
    if (!mapping.skipped.contains(name)) columns.push_back(name);
  }
  return columns;
}

}  // namespace

Status ImportParquet(std::stop_token stop, clickhouse::Client& client, const Target& target, const std::string& path,
                     const ImportOptions& options, ImportProgress& progress) {
  if (Status checked = CheckOptions(target, path, options); !checked) return checked;
  auto file = MappedFile::Open(path);
  if (!file) return std::move(file).error();
  const std::string_view bytes = (*file)->Bytes();
  if (!bytes.starts_with("PAR1") || !bytes.ends_with("PAR1")) {
    return MakeError(ErrorCode::kInvalidArgument, path + " is not a Parquet file, or not a whole one");
  }
  const auto columns = ColumnsOf(target, options.mapping);
  const std::string import = Sha256Hex(Join({"chimera-mcp import 1", target.database, target.table, target.uuid,
                                             "parquet", Join(columns, "|"), options.again},
                                            "\n"));
  auto ledger = Ledger::Open(StatementContext(options), client, target.database, target.table, import);
  if (!ledger) return std::move(ledger).error();
  const std::string id = Sha256Hex(import + "|" + Sha256Hex(bytes));
  progress.bytes += bytes.size();
  for (const LedgerEntry* known : ledger->Candidates(1, id)) {
    progress.earlier += known->records;
    return Ok();
  }
  if (stop.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped before " + path);
  const bool resumed = ledger->BegunWith(id) != nullptr;
  if (!resumed) {
    const LedgerEntry begin{.batch = 0, .id = id, .head = id, .file = path};
    if (Status noted = ledger->Add(StatementContext(options), begin, true); !noted) return noted;
  }
  // One thread and the file's order: a repeat makes the same blocks, which the token then recognises one by one. A
  // column that the file lacks would otherwise be filled with zeros.
  const std::vector<clickhouse::Setting> settings = {{"input_format_parquet_preserve_order", "1"},
                                                     {"input_format_parquet_allow_missing_columns", "0"},
                                                     {"max_threads", "1"},
                                                     {"max_insert_threads", "1"}};
  auto written = client.Write(StatementContext(options), {.database = target.database,
                                                          .table = target.table,
                                                          .columns = columns,
                                                          .body = bytes,
                                                          .deduplication_token = id,
                                                          .format = "Parquet",
                                                          .settings = settings});
  if (!written) {
    Error error = std::move(written).error();
    error.message = path + ": " + error.message;
    if (error.hint.empty()) error.hint = "columns that the file lacks and the table fills in: --skip COLUMN";
    return error;
  }
  if (resumed || written->repeated) log::Warning(OfUnknownRows(target, path, written->rows));
  progress.stored += written->rows;
  ++progress.batches;
  return ledger->Add(
      StatementContext(options),
      {.batch = 1, .id = id, .head = id, .records = written->rows, .stored = written->rows, .file = path}, resumed);
}

}  // namespace chimera::transfer
