#include "transfer/importer.h"

#include <thread>

#include "base/text.h"
#include "clickhouse/stored_rows.h"
#include "transfer/batch_queue.h"
#include "transfer/ledger.h"
#include "transfer/parquet_import.h"

namespace chimera::transfer {
namespace {

constexpr char kIdentity[] = "chimera-mcp import 1";

std::vector<std::string> HeaderNames(std::string_view record, FileFormat format) {
  FieldSplitter splitter(format == FileFormat::kTsv);
  std::vector<std::string> names;
  for (const Field& field : splitter.Split(record)) names.emplace_back(Trim(field.text));
  return names;
}

Error OneTooMany(const std::string& file, const BadRow& bad, uint64_t allowed) {
  std::string message = file + ", line " + std::to_string(bad.line) + ": ";
  if (!bad.column.empty()) message += "`" + bad.column + "` ";
  message += bad.message;
  if (allowed > 0) message += " (record number " + std::to_string(allowed + 1) + " that is refused)";
  std::string hint = bad.hint.empty() ? "" : bad.hint + ". ";
  return MakeError(ErrorCode::kInvalidArgument, std::move(message),
                   hint +
                       "Nothing of its batch is stored. Mend the record and run the same command again, or leave bad "
                       "ones out with --max-errors N --reject FILE");
}

class FileImport {
 public:
  FileImport(std::stop_token stop, clickhouse::Client& client, const Target& target, const std::string& path,
             const ImportOptions& options, ImportProgress& progress)
      : stop_(std::move(stop)),
        client_(client),
        target_(target),
        file_(path == "-" ? "standard input" : path),
        path_(path),
        options_(options),
        progress_(progress),
        limits_(options.limits),
        queue_(options.jobs) {}

  Status Run(FileFormat format) {
    auto source = OpenSource(path_, stop_);
    if (!source) return std::move(source).error();
    source_ = *std::move(source);
    bytes_before_ = progress_.bytes;
    cutter_.emplace(*source_, file_, format == FileFormat::kCsv);
    if (Status planned = Plan(format); !planned) return planned;
    if (!reader_) return Ok();  // an empty file
    Status began = Begin(format);
    if (!began) return began;
    return Transfer();
  }

 private:
  // ---- before the first batch

  Status Plan(FileFormat format) {
    if (format != FileFormat::kJsonLines) {
      auto header = cutter_->TakeHeader();
      if (!header) return std::move(header).error();
      if (!*header) return Ok();
      header_ = HeaderNames(**header, format);
    }
    return MakeReader(format, std::nullopt);
  }

  Status MakeReader(FileFormat format, std::optional<tools::Instant> since) {
    auto reader = BatchReader::Create(target_, options_.mapping, format, header_, since, options_.now);
    if (!reader) {
      Error error = std::move(reader).error();
      error.message = file_ + ": " + error.message;
      return error;
    }
    reader_.emplace(*std::move(reader));
    return Ok();
  }

  /// Opens the ledger and settles how the file is cut and which rows are too old: as when it was begun.
  Status Begin(FileFormat format) {
    auto since = Since();
    if (!since) return std::move(since).error();
    import_ = Sha256Hex(
        Join({kIdentity, target_.database, target_.table, target_.uuid, reader_->Identity(), options_.again}, "\n"));
    auto found = cutter_->Fill({.records = 1});
    if (!found) return std::move(found).error();
    if (*found == 0 || options_.dry_run) return MakeReader(format, *since);
    auto ledger = Ledger::Open(StatementContext(options_), client_, target_.database, target_.table, import_);
    if (!ledger) return std::move(ledger).error();
    ledger_.emplace(*std::move(ledger));
    const std::string head = Sha256Hex(cutter_->Peek(1));
    const LedgerEntry* begun = ledger_->BegunWith(head);
    if (begun == nullptr) {
      if (Status noted = NoteBegin(head, *since); !noted) return noted;
      return MakeReader(format, *since);
    }
    resumed_ = true;
    limits_ = begun->limits;
    if (begun->days != options_.days) return OtherDays(begun->days);
    return MakeReader(format, begun->since);
  }

  Result<std::optional<tools::Instant>> Since() const {
    if (options_.days == 0) return std::optional<tools::Instant>();
    if (!target_.time_column) {
      return MakeError(ErrorCode::kInvalidArgument,
                       target_.FullName() + " has no column that is known to tell a row's time",
                       "name it in the dataset's dataset.json, or import without --days");
    }
    const auto since = options_.now - std::chrono::days(options_.days);
    return std::optional<tools::Instant>(std::chrono::floor<std::chrono::milliseconds>(since));
  }

  Status NoteBegin(const std::string& head, std::optional<tools::Instant> since) const {
    const std::string id = Sha256Hex(Join(
        {import_, head, std::to_string(limits_.records), std::to_string(limits_.bytes), std::to_string(options_.days)},
        "|"));
    // In doubt always: without this entry, a later run would not know that batches may have been sent.
    return ledger_->Add(
        StatementContext(options_),
        {.batch = 0, .id = id, .head = head, .limits = limits_, .days = options_.days, .since = since, .file = file_},
        true);
  }

  Error OtherDays(uint32_t days) const {
    const auto text = [](uint32_t count) {
      return count == 0 ? "without --days" : "with --days " + std::to_string(count);
    };
    return MakeError(ErrorCode::kConflict,
                     "an import of " + file_ + " into " + target_.FullName() + " was begun " + text(days) +
                         ", this one " + text(options_.days) + ": which rows are stored already could not be told",
                     "run it " + text(days) + " again; --again NAME stores the file's rows once more");
  }

  // ---- batches

  std::string IdOf(uint64_t index, std::string_view text) const {
    return Sha256Hex(import_ + "|" + std::to_string(index) + "|" + Sha256Hex(text));
  }

  Status Transfer() {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < options_.jobs; ++i) workers.emplace_back([this] { Work(); });
    Status cut = Cut();
    if (!cut && cut.error().code != ErrorCode::kCancelled) queue_.Fail(std::move(cut).error());
    queue_.Close(stop_.stop_requested());
    workers.clear();
    if (Status outcome = queue_.Outcome(); !outcome) return outcome;
    if (stop_.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped in " + file_);
    return Ok();
  }

  Status Cut() {
    for (uint64_t index = 1; !stop_.stop_requested() && !queue_.Failed();) {
      auto records = cutter_->Fill(limits_);
      if (!records) return std::move(records).error();
      progress_.bytes = bytes_before_ + source_->Consumed();
      if (*records == 0) break;
      const std::string head = Sha256Hex(cutter_->Peek(1));
      if (const LedgerEntry* known = FindKnown(index, head, *records)) {
        cutter_->Take(known->records);
        progress_.earlier += known->records;
      } else {
        std::string id = IdOf(index, cutter_->Peek(*records));
        if (!queue_.Push({cutter_->Take(*records), std::move(id), head, MayBeSent()})) break;
      }
      ++index;
    }
    return Ok();
  }

  /// Whether an earlier run may have sent the next batch that is not in the ledger. Batches are taken up in their
  /// order, so those that it had in flight are the first of these.
  bool MayBeSent() { return resumed_ && ++unknown_ <= kMostJobs; }

  /// The entry of a batch that is stored: the next records, or the first of them where the file has grown since.
  const LedgerEntry* FindKnown(uint64_t index, const std::string& head, size_t records) const {
    if (!ledger_) return nullptr;
    for (const LedgerEntry* known : ledger_->Candidates(index, head)) {
      if (known->records <= records && IdOf(index, cutter_->Peek(known->records)) == known->id) return known;
    }
    return nullptr;
  }

  void Work() {
    while (auto queued = queue_.Pop()) {
      ParsedBatch parsed = reader_->Read(queued->batch);
      if (!queue_.PassInTurn(queued->turn, [&] { return CheckBad(parsed); })) return;
      if (!options_.dry_run) {
        if (Status stored = Store(*queued, parsed); !stored) return queue_.Fail(std::move(stored).error());
      }
      progress_.stored += parsed.rows;
      progress_.skipped += parsed.skipped;
      progress_.assumed_utc += parsed.assumed_utc;
      progress_.cut += parsed.cut;
      progress_.protected_values += parsed.protected_values;
      progress_.past_retention += parsed.past_retention;
      ++progress_.batches;
    }
  }

  Status CheckBad(const ParsedBatch& parsed) {
    if (parsed.bad.empty()) return Ok();
    const uint64_t before = progress_.rejected;
    const uint64_t left = options_.max_errors - std::min(options_.max_errors, before);
    const bool too_many = parsed.bad.size() > left;
    if (too_many && !options_.dry_run) return OneTooMany(file_, parsed.bad[left], options_.max_errors);
    progress_.rejected += parsed.bad.size();
    return options_.on_bad ? options_.on_bad(file_, parsed.bad) : Ok();
  }

  Status Store(const QueuedBatch& queued, const ParsedBatch& parsed) const {
    for (const tools::RowGroup& group : parsed.groups) {
      const std::string part = group.day ? std::to_string(*group.day) : "all";
      auto written = clickhouse::WriteOnce(StatementContext(options_), client_,
                                           {.database = target_.database,
                                            .table = target_.table,
                                            .columns = reader_->Columns(),
                                            .body = group.body,
                                            .deduplication_token = Sha256Hex(queued.id + "|" + part),
                                            .format = reader_->BodyFormat()},
                                           {.name = NameOf(queued),
                                            .in_doubt = queued.in_doubt,
                                            .unsure = reader_->Unsure(),
                                            .one_partition = target_.one_partition,
                                            .table = target_.Facts()});
      if (!written) return InBatch(std::move(written).error(), queued);
    }
    return ledger_->Add(StatementContext(options_),
                        {.batch = queued.batch.index,
                         .id = queued.id,
                         .head = queued.head,
                         .records = queued.batch.ends.size(),
                         .stored = parsed.rows,
                         .skipped = parsed.skipped,
                         .rejected = parsed.bad.size(),
                         .limits = limits_,
                         .days = options_.days,
                         .file = file_},
                        queued.in_doubt);
  }

  std::string NameOf(const QueuedBatch& queued) const {
    return file_ + ", batch of " + std::to_string(queued.batch.ends.size()) + " records from line " +
           std::to_string(queued.batch.first_line);
  }

  Error InBatch(Error error, const QueuedBatch& queued) const {
    error.message = NameOf(queued) + ": " + error.message;
    if (error.hint.empty()) error.hint = "run the same command again: what is stored is not stored twice";
    return error;
  }

  const std::stop_token stop_;
  clickhouse::Client& client_;
  const Target& target_;
  const std::string file_;
  const std::string path_;
  const ImportOptions& options_;
  ImportProgress& progress_;

  BatchLimits limits_;
  std::unique_ptr<ByteSource> source_;
  uint64_t bytes_before_ = 0;
  std::optional<RecordCutter> cutter_;
  std::vector<std::string> header_;
  std::optional<BatchReader> reader_;
  std::string import_;
  std::optional<Ledger> ledger_;
  bool resumed_ = false;  // an earlier run began this file
  unsigned unknown_ = 0;  // batches so far that are not in the ledger
  BatchQueue queue_;
};

}  // namespace

RequestContext StatementContext(const ImportOptions& options) {
  return RequestContext::For("import", options.statement_time, {});
}

Status ImportFile(std::stop_token stop, clickhouse::Client& client, const Target& target, const std::string& path,
                  const ImportOptions& options, ImportProgress& progress) {
  auto format = options.format ? Result<FileFormat>(*options.format) : FormatOfPath(path);
  if (!format) return std::move(format).error();
  if (*format == FileFormat::kParquet) {
    return ImportParquet(std::move(stop), client, target, path, options, progress);
  }
  return FileImport(std::move(stop), client, target, path, options, progress).Run(*format);
}

}  // namespace chimera::transfer
