#include <algorithm>

#include "app/status_steps.h"
#include "base/text.h"
#include "sql/lexer.h"

namespace chimera::app {
namespace {

Json ErrorFacts(const Error& error) {
  return {{"code", Name(error.code)}, {"message", error.message}};
}

std::string Some(std::vector<std::string> names) {
  constexpr size_t kShown = 5;
  if (names.size() > kShown) {
    names.resize(kShown);
    names.emplace_back("…");
  }
  return Join(names, ", ");
}

// What an account may do with a set of tables.
struct Rights {
  std::vector<std::string> granted;
  std::vector<std::string> refused;
  std::optional<Error> reason;  // of the first refusal

  void Take(const std::string& table, const std::optional<Error>& error) {
    (error ? refused : granted).push_back(table);
    if (error && !reason) reason = error;
  }
  std::string Text(const std::string& verb) const {
    const size_t all = granted.size() + refused.size();
    std::string text = verb + " " + std::to_string(granted.size()) + " of " + std::to_string(all) + " tables";
    if (!granted.empty() && !refused.empty()) text += " (not " + Some(refused) + ")";
    return text;
  }
};

template <typename T>
std::optional<Error> ErrorOf(const Result<T>& result) {
  return result.ok() ? std::nullopt : std::optional(result.error());
}

}  // namespace

bool StatusSteps::Listed(const std::string& database, const std::string& table) const {
  return std::any_of(report_.tables.begin(), report_.tables.end(),
                     [&](const TableFacts& facts) { return facts.database == database && facts.name == table; });
}

std::optional<Error> StatusSteps::TryToRead(const std::string& database, const std::string& table) {
  const std::string from = sql::QuoteIdentifier(database) + "." + sql::QuoteIdentifier(table);
  return ErrorOf(Rows("SELECT 1 FROM " + from + " LIMIT 0", "system", {}));
}

// No rows: nothing is stored, nothing is remembered of the token.
std::optional<Error> StatusSteps::TryToWrite(const std::string& database, const schema::InsertTool& insert) {
  std::vector<std::string> columns;
  for (const auto& column : insert.columns) columns.push_back(column.name);
  return ErrorOf(backend_.Client().Write(Context(), {database, insert.table, std::move(columns), "", NewUuid()}));
}

bool StatusSteps::Access() {
  Rights read;
  Rights write;
  for (const auto& dataset : backend_.Datasets()) {
    for (const auto& insert : dataset.inserts) {
      if (!Listed(dataset.database, insert.table)) continue;
      read.Take(insert.table, TryToRead(dataset.database, insert.table));
      write.Take(insert.table, TryToWrite(dataset.database, insert));
    }
  }
  const auto& writer = config_.clickhouse.write_account;
  Step step{.name = "access", .text = read.Text("reads") + "; " + write.Text("writes")};
  if (writer) step.text += " as " + Account(*writer);
  step.facts = {{"readable", read.granted}, {"writable", write.granted}};
  if (read.reason) step.facts["read_refusal"] = ErrorFacts(*read.reason);
  if (write.reason) step.facts["write_refusal"] = ErrorFacts(*write.reason);
  Judge(step, read.granted.empty() ? read.reason : std::nullopt, write.reason);
  if (read.reason && step.state == StepState::kOk) step.state = StepState::kNote;
  Add(std::move(step));
  return true;
}

// Reading alone is a use; an account for writing that cannot write is a mistake.
void StatusSteps::Judge(Step& step, const std::optional<Error>& no_read, const std::optional<Error>& no_write) const {
  const bool must_write = config_.embedded || config_.clickhouse.write_account;
  if (no_read || (no_write && must_write)) {
    step.state = StepState::kBroken;
    step.error = no_read ? no_read : no_write;
    step.error->message = step.text + ": " + step.error->message;
  } else if (no_write) {
    step.state = StepState::kNote;
    step.text += ": " + no_write->message;
  }
}

}  // namespace chimera::app
