#include "freshness/touched_tables.h"

#include <algorithm>
#include <set>
#include <utility>

#include "schema/cluster.h"

namespace chimera::freshness {
namespace {

std::string Underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

/// What a table of one shard is called over all of them.
std::string_view Declared(std::string_view name) {
  if (name.ends_with(schema::kLocalSuffix)) name.remove_suffix(schema::kLocalSuffix.size());
  return name;
}

const std::string* Text(const Json& arguments, const char* key) {
  const auto found = arguments.find(key);
  return found == arguments.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace

/// One call's choice.
class TouchedTables::Selection {
 public:
  Selection(const TouchedTables& tables, const std::vector<ingest::Backlog>& backlogs)
      : tables_(tables), backlogs_(backlogs), chosen_(backlogs.size(), false) {}

  void AddAll() {
    all_ = true;
    chosen_.assign(chosen_.size(), true);
  }

  void AddSql(const SqlNames& names, const std::string& database) {
    if (!names.readable) return AddAll();
    AddWords(names.words);
    const std::set<Relation> relations(names.relations.begin(), names.relations.end());
    for (const auto& [own, name] : relations) {
      if (!all_) AddTable(own.empty() ? database : own, name);
    }
  }

  /// False when they name nothing.
  bool AddArguments(const Json& arguments) {
    const std::string* sql = Text(arguments, "sql");
    const std::string* table = Text(arguments, "table");
    const std::string* database = Text(arguments, "database");
    if (sql != nullptr) AddSql(NamesIn(*sql), tables_.default_database_);
    if (table != nullptr) {
      AddWritten(*table, database);
    } else if (database != nullptr) {
      AddDatabase(*database);
    }
    return sql != nullptr || table != nullptr || database != nullptr;
  }

  std::vector<ingest::Backlog> Take() const {
    std::vector<ingest::Backlog> taken;
    for (size_t i = 0; i < backlogs_.size(); ++i) {
      if (chosen_[i]) taken.push_back(backlogs_[i]);
    }
    return taken;
  }

 private:
  /// Names in whichever database. Looks every table up, not every word: a statement may have many more words.
  void AddWords(const std::set<std::string, std::less<>>& words) {
    const auto named = [&](const std::string& table) {
      return words.contains(table) || words.contains(table + std::string(schema::kLocalSuffix));
    };
    Add([&](const ingest::Destination& to) { return named(to.table); });
    for (const auto& [name, table] : tables_.known_) {
      if (table.derived && named(name)) AddDataset(table.dataset);
    }
  }

  void AddDataset(const std::string& dataset) {
    Add([&](const ingest::Destination& to) { return to.dataset == dataset; });
  }

  void AddDatabase(std::string_view database) {
    Add([&](const ingest::Destination& to) { return to.database == database; });
  }

  /// "table" or "database.table".
  void AddWritten(const std::string& name, const std::string* database) {
    const size_t dot = name.find('.');
    if (database != nullptr) return AddTable(*database, name);
    if (dot != std::string::npos && Knows(name.substr(0, dot), name.substr(dot + 1))) return;
    AddTable(tables_.default_database_, name);
  }

  template <typename Wanted>
  bool Add(const Wanted& wanted) {
    bool any = false;
    for (size_t i = 0; i < backlogs_.size(); ++i) {
      if (!wanted(backlogs_[i].to)) continue;
      chosen_[i] = any = true;
    }
    return any;
  }

  void AddTable(std::string_view database, std::string_view name) {
    if (!Knows(database, name)) AddAll();
  }

  /// Adds the table if it is one that this server knows.
  bool Knows(std::string_view database, std::string_view name) {
    return !name.empty() && (AddName(database, name) || AddName(database, Declared(name)));
  }

  bool AddName(std::string_view database, std::string_view name) {
    bool known = Add([&](const ingest::Destination& to) { return to.table == name && to.database == database; });
    const auto [first, last] = tables_.known_.equal_range(name);
    for (auto entry = first; entry != last; ++entry) {
      const Known& table = entry->second;
      if (table.database != database) continue;
      known = true;
      if (table.derived) AddDataset(table.dataset);
    }
    return known;
  }

  const TouchedTables& tables_;
  const std::vector<ingest::Backlog>& backlogs_;
  std::vector<bool> chosen_;
  bool all_ = false;
};

TouchedTables::TouchedTables(const std::vector<schema::Dataset>& datasets, std::string default_database)
    : default_database_(std::move(default_database)) {
  for (const schema::Dataset& dataset : datasets) AddDataset(dataset);
}

void TouchedTables::AddDataset(const schema::Dataset& dataset) {
  const std::string& database = dataset.database.empty() ? default_database_ : dataset.database;
  std::set<std::string> names = schema::CreatedNames(dataset);
  for (const schema::InsertTool& insert : dataset.inserts) {
    names.erase(insert.table);
    known_.insert({insert.table, {dataset.name, database, false}});
  }
  for (const std::string& name : names) known_.insert({name, {dataset.name, database, true}});
  for (const schema::AnalysisTool& analysis : dataset.analyses) {
    analyses_[Underscored(analysis.name)] = {database, NamesIn(analysis.sql + "\n;\n" + analysis.note_sql)};
  }
}

std::vector<ingest::Backlog> TouchedTables::Of(std::string_view tool, const Json& arguments,
                                               const std::vector<ingest::Backlog>& backlogs) const {
  Selection selection(*this, backlogs);
  if (const auto analysis = analyses_.find(Underscored(tool)); analysis != analyses_.end()) {
    selection.AddSql(analysis->second.names, analysis->second.database);
    return selection.Take();
  }
  bool named = selection.AddArguments(arguments);
  for (const Json& value : arguments) {
    if (value.is_object() && selection.AddArguments(value)) named = true;
  }
  if (!named) selection.AddAll();
  return selection.Take();
}

}  // namespace chimera::freshness
