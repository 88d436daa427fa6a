#include "tests/security/oracle.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "engine/engine.h"
#include "tests/security/syntax_tree.h"

namespace chimera::security {

// The library has no header; these are the signatures of libchdb 26.7.
struct Oracle::Functions {
  struct Verdict {
    uint32_t struct_size;
    uint32_t count;
    uint32_t flags;
    uint32_t kind;
  };
  void** (*connect)(int, char**);
  void (*set_signal_handlers_enabled)(int);
  void* (*query)(void*, const char*, size_t, const char*, size_t);
  char* (*buffer)(void*);
  size_t (*length)(void*);
  const char* (*error)(void*);
  void (*destroy)(void*);
  int (*classify)(void*, const char*, size_t, const char*, size_t, Verdict*);
};

namespace {

template <typename Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Result<std::unique_ptr<Oracle>> Oracle::Create() {
  const char* configured = std::getenv("CHIMERA_LIBCHDB");
  const auto path = engine::FindLibrary(configured ? configured : "");
  if (!path) return path.error();
  void* library = dlopen(path->c_str(), RTLD_NOW | RTLD_LOCAL);
  auto f = std::make_unique<Functions>();
  if (!library || !Find(library, "chdb_connect", f->connect) ||
      !Find(library, "chdb_set_signal_handlers_enabled", f->set_signal_handlers_enabled) ||
      !Find(library, "chdb_query_n", f->query) || !Find(library, "chdb_result_buffer", f->buffer) ||
      !Find(library, "chdb_result_length", f->length) || !Find(library, "chdb_result_error", f->error) ||
      !Find(library, "chdb_destroy_query_result", f->destroy) || !Find(library, "chdb_classify_query_n", f->classify)) {
    return MakeError(ErrorCode::kIoError, *path + " is not the libchdb that this test knows");
  }
  f->set_signal_handlers_enabled(0);
  std::string folder = (std::filesystem::temp_directory_path() / "chimera-oracle-XXXXXX").string();
  if (!mkdtemp(folder.data())) return MakeError(ErrorCode::kIoError, "no folder " + folder);
  std::vector<std::string> arguments = {"clickhouse", "--path=" + folder, "--implicit_select=0"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  void** connection = f->connect(static_cast<int>(argv.size()), argv.data());
  if (!connection) return MakeError(ErrorCode::kIoError, "libchdb refused the connection");
  return std::unique_ptr<Oracle>(new Oracle(std::move(f), connection, folder));
}

Oracle::Oracle(std::unique_ptr<Functions> functions, void** connection, std::string folder)
    : functions_(std::move(functions)), connection_(connection), folder_(std::move(folder)) {}

// The connection stays: the library's threads would outlive it.
Oracle::~Oracle() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Classification Oracle::Classify(std::string_view sql) const {
  Functions::Verdict verdict{sizeof(Functions::Verdict), 0, 0, 0};
  constexpr std::array kKinds = {StatementClass::kReadOnly, StatementClass::kMutating, StatementClass::kUnknown,
                                 StatementClass::kControl, StatementClass::kUnknown};
  if (functions_->classify(*connection_, sql.data(), sql.size(), "", 0, &verdict) != 0) return {};
  return {verdict.count, kKinds[verdict.kind < kKinds.size() ? verdict.kind : 4]};
}

Result<std::string> Oracle::Query(const std::string& sql) const {
  const Functions& f = *functions_;
  void* result = f.query(*connection_, sql.data(), sql.size(), "TSVRaw", 6);
  const char* error = f.error(result);
  const std::string exception = error ? error : "";
  const char* bytes = f.buffer(result);
  const std::string rows = bytes ? std::string(bytes, f.length(result)) : "";
  f.destroy(result);
  if (!exception.empty()) return MakeError(ErrorCode::kDatabaseError, exception);
  return rows;
}

std::string Oracle::Objection(const std::string& sql, bool tree) const {
  const Classification found = Classify(sql);
  if (found.kind == StatementClass::kMutating) return "the engine says that it writes";
  if (found.kind == StatementClass::kControl) return "the engine says that it controls";
  if (found.statements > 1) return "the engine finds more than one statement";
  if (!tree || found.statements == 0) return {};
  const auto explained = Query("EXPLAIN AST " + sql);
  return explained.ok() ? ObjectionToTree(*explained) : "";
}

}  // namespace chimera::security
