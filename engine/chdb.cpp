#include "engine/chdb.h"

#include <dlfcn.h>

#include "engine/exception.h"

namespace chimera::engine::chdb {

// The npm package carries no header; these are the signatures of libchdb 26.7. Handles are opaque.
struct ClassifyResult {
  uint32_t struct_size;
  uint32_t count;
  uint32_t flags;
  uint32_t kind;
};

struct Functions {
  void** (*connect)(int, char**);
  void (*close)(void**);
  void (*set_signal_handlers_enabled)(int);
  int (*classify)(void*, const char*, size_t, const char*, size_t, ClassifyResult*);
  void* (*query)(void*, const char*, size_t, const char*, size_t, const char**, const size_t*, const char**,
                 const size_t*, size_t);
  void* (*stream)(void*, const char*, size_t, const char*, size_t, const char**, const size_t*, const char**,
                  const size_t*, size_t);
  void* (*insert)(void*, const char*, size_t, const char*, size_t, const char**, const size_t*, const char**,
                  const size_t*, size_t);
  void* (*stream_fetch)(void*, void*);
  void (*stream_cancel)(void*, void*);
  int (*insert_append)(void*, const char*, size_t);
  void* (*insert_done)(void*);
  const char* (*insert_error)(void*);
  void (*insert_cancel)(void*);
  void (*insert_destroy)(void*);
  char* (*result_buffer)(void*);
  size_t (*result_length)(void*);
  const char* (*result_error)(void*);
  uint64_t (*result_rows)(void*);
  uint64_t (*result_bytes)(void*);
  uint64_t (*storage_rows)(void*);
  uint64_t (*storage_bytes)(void*);
  uint64_t (*written_rows)(void*);
  uint64_t (*written_bytes)(void*);
  void (*result_destroy)(void*);
};

namespace {

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool FindResults(void* library, Functions& f) {
  return Find(library, "chdb_result_buffer", f.result_buffer) && Find(library, "chdb_result_length", f.result_length) &&
         Find(library, "chdb_result_error", f.result_error) && Find(library, "chdb_result_rows_read", f.result_rows) &&
         Find(library, "chdb_result_bytes_read", f.result_bytes) &&
         Find(library, "chdb_result_storage_rows_read", f.storage_rows) &&
         Find(library, "chdb_result_storage_bytes_read", f.storage_bytes) &&
         Find(library, "chdb_result_rows_written", f.written_rows) &&
         Find(library, "chdb_result_bytes_written", f.written_bytes) &&
         Find(library, "chdb_destroy_query_result", f.result_destroy);
}

bool FindInserts(void* library, Functions& f) {
  return Find(library, "chdb_stream_insert_with_params_n", f.insert) &&
         Find(library, "chdb_stream_append", f.insert_append) && Find(library, "chdb_stream_done", f.insert_done) &&
         Find(library, "chdb_stream_insert_error", f.insert_error) &&
         Find(library, "chdb_stream_cancel_insert", f.insert_cancel) &&
         Find(library, "chdb_destroy_insert_stream", f.insert_destroy);
}

bool FindQueries(void* library, Functions& f) {
  return Find(library, "chdb_connect", f.connect) && Find(library, "chdb_close_conn", f.close) &&
         Find(library, "chdb_set_signal_handlers_enabled", f.set_signal_handlers_enabled) &&
         Find(library, "chdb_classify_query_n", f.classify) && Find(library, "chdb_query_with_params_n", f.query) &&
         Find(library, "chdb_stream_query_with_params_n", f.stream) &&
         Find(library, "chdb_stream_fetch_result", f.stream_fetch) &&
         Find(library, "chdb_stream_cancel_query", f.stream_cancel);
}

/// Parameters as the four arrays that the library takes.
struct ParameterArrays {
  explicit ParameterArrays(const Pairs& parameters) {
    for (const auto& [name, value] : parameters) {
      names.push_back(name.data());
      name_lengths.push_back(name.size());
      values.push_back(value.data());
      value_lengths.push_back(value.size());
    }
  }
  std::vector<const char*> names, values;
  std::vector<size_t> name_lengths, value_lengths;
};

template <typename Function>
void* Call(Function function, void* connection, const Statement& statement) {
  ParameterArrays p(statement.parameters);
  return function(connection, statement.sql.data(), statement.sql.size(), statement.format.data(),
                  statement.format.size(), p.names.data(), p.name_lengths.data(), p.values.data(),
                  p.value_lengths.data(), p.names.size());
}

}  // namespace

void Counts::Add(const Counts& other) {
  read_rows += other.read_rows;
  read_bytes += other.read_bytes;
  written_rows += other.written_rows;
  written_bytes += other.written_bytes;
  result_rows += other.result_rows;
  result_bytes += other.result_bytes;
}

Block& Block::operator=(Block&& other) noexcept {
  std::swap(functions_, other.functions_);
  std::swap(handle_, other.handle_);
  return *this;
}

Block::~Block() {
  if (handle_) functions_->result_destroy(handle_);
}

std::string_view Block::Bytes() const {
  const char* bytes = handle_ ? functions_->result_buffer(handle_) : nullptr;
  return bytes ? std::string_view(bytes, functions_->result_length(handle_)) : std::string_view();
}

std::string_view Block::Exception() const {
  if (!handle_) return "the engine gave no result";
  const char* text = functions_->result_error(handle_);
  return text ? std::string_view(text) : std::string_view();
}

Counts Block::Counted() const {
  if (!handle_) return {};
  const Functions& f = *functions_;
  return {f.storage_rows(handle_),  f.storage_bytes(handle_), f.written_rows(handle_),
          f.written_bytes(handle_), f.result_rows(handle_),   Bytes().size()};
}

Stream::~Stream() {
  if (!ended_) functions_.stream_cancel(connection_, handle_);
  functions_.result_destroy(handle_);
}

Block Stream::Next() {
  Block block(functions_, functions_.stream_fetch(connection_, handle_));
  ended_ = block.Bytes().empty() || !block.Exception().empty();
  return block;
}

Insert::~Insert() {
  if (!finished_) functions_.insert_cancel(handle_);
  functions_.insert_destroy(handle_);
}

bool Insert::Append(std::string_view bytes) {
  return bytes.empty() || functions_.insert_append(handle_, bytes.data(), bytes.size()) == 0;
}

Block Insert::Finish() {
  finished_ = true;
  return Block(functions_, functions_.insert_done(handle_));
}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(functions_, other.functions_);
  std::swap(handle_, other.handle_);
  return *this;
}

Connection::~Connection() {
  if (handle_) functions_->close(handle_);
}

Block Connection::Query(const Statement& statement) {
  return Block(*functions_, Call(functions_->query, *handle_, statement));
}

Classification Connection::Classify(std::string_view sql) {
  constexpr std::string_view kDialect = "clickhouse";
  ClassifyResult found{sizeof(ClassifyResult), 0, 0, 0};
  if (functions_->classify(*handle_, sql.data(), sql.size(), kDialect.data(), kDialect.size(), &found) != 0) return {};
  return {found.count, static_cast<StatementKind>(found.kind)};
}

Result<std::unique_ptr<Stream>> Connection::StartStream(const Statement& statement) {
  void* handle = Call(functions_->stream, *handle_, statement);
  if (!handle) return ParseException("the engine opened no stream");
  if (const char* error = functions_->result_error(handle); error && *error) {
    Block refused(*functions_, handle);
    return ParseException(error);
  }
  return Result<std::unique_ptr<Stream>>(std::make_unique<Stream>(*functions_, *handle_, handle));
}

Result<std::unique_ptr<Insert>> Connection::StartInsert(const Statement& statement) {
  void* handle = Call(functions_->insert, *handle_, statement);
  if (!handle) return ParseException("the engine opened no insert stream");
  if (const char* error = functions_->insert_error(handle); error && *error) {
    Error exception = ParseException(error);
    functions_->insert_destroy(handle);
    return exception;
  }
  return Result<std::unique_ptr<Insert>>(std::make_unique<Insert>(*functions_, handle));
}

Library::Library(std::unique_ptr<Functions> functions) : functions_(std::move(functions)) {}
Library::~Library() = default;

Result<std::unique_ptr<Library>> Library::Load(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    return MakeError(ErrorCode::kIoError, "libchdb cannot be loaded: " + std::string(dlerror()),
                     "run `make setup` again, or install the npm package @chdb/lib-linux-x64-gnu (arm64: "
                     "@chdb/lib-linux-arm64-gnu) and set CHIMERA_LIBCHDB to its libchdb.so");
  }
  auto functions = std::make_unique<Functions>();
  if (!FindQueries(handle, *functions) || !FindInserts(handle, *functions) || !FindResults(handle, *functions)) {
    return MakeError(ErrorCode::kIoError, path + " is not the libchdb that this program knows: " + dlerror(),
                     "use version 26.7 of the npm package @chdb/lib-linux-x64-gnu");
  }
  functions->set_signal_handlers_enabled(0);
  return std::unique_ptr<Library>(new Library(std::move(functions)));
}

Result<Connection> Library::Connect(const std::vector<std::string>& arguments) const {
  std::vector<std::string> storage = arguments;
  storage.insert(storage.begin(), "clickhouse");
  std::vector<char*> argv;
  for (std::string& argument : storage) argv.push_back(argument.data());
  void** handle = functions_->connect(static_cast<int>(argv.size()), argv.data());
  if (!handle) return ParseException("the engine refused the connection's settings");
  return Connection(*functions_, handle);
}

}  // namespace chimera::engine::chdb
