#include "schema/loader.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/json_reader.h"
#include "base/text.h"
#include "schema/builtin_files.h"
#include "schema/expectations.h"
#include "schema/prompt_files.h"
#include "schema/tool_files.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr std::string_view kManifest = "dataset.json";
constexpr std::string_view kMigrations = "migrations/";
constexpr std::string_view kTools = "tools/";
constexpr std::string_view kPrompts = "prompts/";
constexpr std::string_view kGlossary = "glossary.json";
constexpr std::string_view kDemo = "demo/demo.sql";
constexpr std::string_view kDashboards = "dashboards/";
constexpr std::string_view kAlerts = "alerts/";
constexpr size_t kVersionDigits = 4;

/// Turns the files of one dataset into a `Dataset`, kind by kind.
class DatasetParser {
 public:
  DatasetParser(std::string_view name, const Files& files) : files_(files) { dataset_.name = name; }

  Result<Dataset> Parse() {
    for (const auto read : {&DatasetParser::ReadManifest, &DatasetParser::ReadMigrations, &DatasetParser::ReadTools,
                            &DatasetParser::ReadPrivacyRules, &DatasetParser::ReadPrompts, &DatasetParser::ReadGlossary,
                            &DatasetParser::ReadDemo, &DatasetParser::ReadDashboards, &DatasetParser::ReadAlerts,
                            &DatasetParser::CheckNothingIsLeft}) {
      if (Status status = (this->*read)(); !status) return status.error();
    }
    return std::move(dataset_);
  }

 private:
  Status ReadManifest();
  Status ReadMigrations();
  Status ReadMigration(std::string_view path, const std::string& sql);
  Status ReadTools();
  Status ReadInsert(const std::string& stem, const std::string& json);
  Status ReadAnalysis(const std::string& stem, const std::string& json);
  Status ReadPrivacyRules();
  Status ReadPrompts();
  Status ReadGlossary();
  Status ReadDemo();
  Status ReadDashboards();
  Status ReadAlerts();
  Status CheckNothingIsLeft();

  /// The text of a file, which counts as known from now on; nullptr when it is not there.
  const std::string* Take(std::string_view path);
  std::string Where(std::string_view path) const { return dataset_.name + "/" + std::string(path); }
  Error Invalid(std::string_view path, const std::string& message, std::string hint = {}) const {
    return MakeError(ErrorCode::kInvalidArgument, Where(path) + ": " + message, std::move(hint));
  }

  const Files& files_;
  std::set<std::string, std::less<>> taken_;
  Json privacy_ = Json::object();  ///< of the manifest: it names tables and columns, which are read later
  Dataset dataset_;
};

const std::string* DatasetParser::Take(std::string_view path) {
  const auto found = files_.find(path);
  if (found == files_.end()) return nullptr;
  taken_.emplace(path);
  return &found->second;
}

Status DatasetParser::ReadManifest() {
  const std::string* text = Take(kManifest);
  if (!text) return Invalid(kManifest, "the file is missing", "docs/datasets.md describes it");
  const Result<Json> object = ParseJson(*text);
  if (!object) return Invalid(kManifest, object.error().message);
  JsonReader reader(*object, Where(kManifest));
  dataset_.title = reader.String("title");
  dataset_.description = reader.String("description");
  dataset_.database = reader.String("database");
  if (!IsIdentifier(dataset_.database)) reader.Fail("`database` must be letters, digits and underscores");
  if (const Json* privacy = reader.Value("privacy")) privacy_ = *privacy;
  const Json* tables = reader.Value("tables");
  if (Status status = reader.Finish(); !status || !tables) return status;
  Result<std::vector<TableExpectation>> facts = ParseExpectations(*tables, Where(kManifest) + ": tables");
  if (!facts) return facts.error();
  dataset_.tables = std::move(*facts);
  return Ok();
}

Status DatasetParser::ReadMigrations() {
  for (const auto& [path, sql] : files_) {
    if (!path.starts_with(kMigrations)) continue;
    if (Status status = ReadMigration(path, sql); !status) return status;
  }
  if (dataset_.migrations.empty()) return Invalid(kMigrations, "there is no migration", "start with 0001_NAME.sql");
  return Ok();
}

Status DatasetParser::ReadMigration(std::string_view path, const std::string& sql) {
  const std::string_view file = path.substr(kMigrations.size());
  const bool numbered =
      file.size() > kVersionDigits && file[kVersionDigits] == '_' &&
      std::all_of(file.begin(), file.begin() + kVersionDigits, [](unsigned char c) { return std::isdigit(c); });
  if (!numbered || !file.ends_with(".sql")) return Invalid(path, "a migration is named NNNN_name.sql");
  Migration migration;
  migration.version = std::stoi(std::string(file.substr(0, kVersionDigits)));
  migration.name = file.substr(kVersionDigits + 1, file.size() - kVersionDigits - 1 - std::string_view(".sql").size());
  if (!IsIdentifier(migration.name))
    return Invalid(path, "the name after the number must be letters, digits and underscores");
  const int expected = static_cast<int>(dataset_.migrations.size()) + 1;
  if (migration.version != expected) {
    return Invalid(path, "version " + std::to_string(expected) + " is expected here",
                   "number migrations from 0001 without gaps");
  }
  const Result<std::vector<std::string>> statements = sql::SplitStatements(sql);
  if (!statements) return Invalid(path, statements.error().message, statements.error().hint);
  if (statements->empty()) return Invalid(path, "the file holds no statement");
  Take(path);
  migration.sql = sql;
  migration.checksum = Sha256Hex(sql);
  dataset_.migrations.push_back(std::move(migration));
  return Ok();
}

Status DatasetParser::ReadTools() {
  for (const auto& [path, json] : files_) {
    if (!path.starts_with(kTools) || !path.ends_with(".json")) continue;
    Take(path);
    const std::string stem = path.substr(kTools.size(), path.rfind('.') - kTools.size());
    const size_t dot = stem.find('.');
    const std::string verb = stem.substr(0, dot);
    const bool named = dot != std::string::npos && IsIdentifier(std::string_view(stem).substr(dot + 1));
    if (!named || (verb != "insert" && verb != "get")) {
      return Invalid(path, "a tool is named insert.NAME.json or get.NAME.json");
    }
    if (Status status = verb == "insert" ? ReadInsert(stem, json) : ReadAnalysis(stem, json); !status) return status;
  }
  return Ok();
}

Status DatasetParser::ReadInsert(const std::string& stem, const std::string& json) {
  Result<InsertTool> tool = ParseInsertTool(stem, json, Where(std::string(kTools) + stem + ".json"));
  if (!tool) return tool.error();
  dataset_.inserts.push_back(std::move(*tool));
  return Ok();
}

Status DatasetParser::ReadAnalysis(const std::string& stem, const std::string& json) {
  const std::string path = std::string(kTools) + stem;
  const std::string* sql = Take(path + ".sql");
  if (!sql) return Invalid(path + ".sql", "the file is missing, but " + stem + ".json needs it");
  const std::string* note = Take(path + ".note.sql");
  Result<AnalysisTool> tool = ParseAnalysisTool(stem, json, *sql, note ? *note : "", Where(path + ".json"));
  if (!tool) return tool.error();
  dataset_.analyses.push_back(std::move(*tool));
  return Ok();
}

Status DatasetParser::ReadPrivacyRules() {
  Result<std::vector<PrivacyRule>> rules = ReadPrivacy(privacy_, dataset_, Where(kManifest) + ": privacy");
  if (!rules) return rules.error();
  dataset_.privacy = std::move(*rules);
  return Ok();
}

Status DatasetParser::ReadPrompts() {
  for (const auto& [path, json] : files_) {
    if (!path.starts_with(kPrompts) || !path.ends_with(".json")) continue;
    Take(path);
    const std::string stem = path.substr(0, path.rfind('.'));
    const std::string name = stem.substr(kPrompts.size());
    if (!IsIdentifier(name)) return Invalid(path, "a prompt's name must be letters, digits and underscores");
    const std::string* text = Take(stem + ".md");
    if (!text) return Invalid(stem + ".md", "the file is missing, but " + name + ".json needs it");
    Result<Prompt> prompt = ParsePrompt(name, json, *text, dataset_, Where(stem));
    if (!prompt) return prompt.error();
    dataset_.prompts.push_back(std::move(*prompt));
  }
  return Ok();
}

Status DatasetParser::ReadGlossary() {
  const std::string* text = Take(kGlossary);
  if (!text) return Ok();
  Result<std::vector<Term>> glossary = ParseGlossary(*text, Where(kGlossary));
  if (!glossary) return glossary.error();
  dataset_.glossary = std::move(*glossary);
  return Ok();
}

Status DatasetParser::ReadDemo() {
  const std::string* sql = Take(kDemo);
  if (!sql) return Ok();
  const Result<std::vector<std::string>> statements = sql::SplitStatements(*sql);
  if (!statements) return Invalid(kDemo, statements.error().message, statements.error().hint);
  dataset_.demo_sql = *sql;
  return Ok();
}

// Dashboards and alerts are for other programs: they are checked as far as can be told here, and not kept.
Status DatasetParser::ReadDashboards() {
  for (const auto& [path, text] : files_) {
    if (!(path.starts_with(kDashboards) || path.starts_with(kAlerts)) || !path.ends_with(".json")) continue;
    if (const Result<Json> object = ParseJson(text); !object) return Invalid(path, object.error().message);
    Take(path);
  }
  return Ok();
}

Status DatasetParser::ReadAlerts() {
  for (const auto& [path, text] : files_) {
    if (!path.starts_with(kAlerts) || !path.ends_with(".sql")) continue;
    const Result<std::vector<std::string>> statements = sql::SplitStatements(text);
    if (!statements) return Invalid(path, statements.error().message, statements.error().hint);
    if (statements->size() != 1) return Invalid(path, "an alert is one SELECT, whose rows are what is wrong");
    Take(path);
  }
  return Ok();
}

Status DatasetParser::CheckNothingIsLeft() {
  for (const auto& [path, text] : files_) {
    if (taken_.contains(path)) continue;
    return Invalid(
        path, "this file is not part of a dataset, or its .json is missing",
        "a dataset has dataset.json, migrations/NNNN_name.sql, tools/insert.NAME.json, tools/get.NAME.json with "
        "get.NAME.sql and get.NAME.note.sql, prompts/NAME.json with NAME.md, dashboards/NAME.json, alerts/NAME.sql, "
        "alerts/NAME.json, glossary.json, and demo/demo.sql");
  }
  return Ok();
}

using Folders = std::map<std::string, Files, std::less<>>;

Folders BuiltInFolders() {
  Folders folders;
  for (const BuiltInFile& file : BuiltInFiles()) {
    const size_t slash = file.path.find('/');
    folders[std::string(file.path.substr(0, slash))].emplace(file.path.substr(slash + 1), file.text);
  }
  return folders;
}

Error UnknownDataset(const std::string& name) {
  return MakeError(
      ErrorCode::kInvalidArgument, "there is no built-in dataset \"" + name + "\"",
      "built in are " + Join(BuiltInNames(), ", ") + "; name a folder of your own by CHIMERA_DATASET_DIRS");
}

}  // namespace

Result<Dataset> ParseDataset(std::string_view name, const Files& files) {
  if (IsIdentifier(name)) return DatasetParser(name, files).Parse();
  return MakeError(ErrorCode::kInvalidArgument, "a dataset's folder cannot be named \"" + std::string(name) + "\"",
                   "use letters, digits and underscores");
}

std::vector<std::string> BuiltInNames() {
  std::vector<std::string> names;
  for (const auto& [name, files] : BuiltInFolders()) names.push_back(name);
  return names;
}

Result<std::vector<Dataset>> BuiltInDatasets(const std::vector<std::string>& names) {
  const Folders folders = BuiltInFolders();
  std::vector<Dataset> datasets;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const auto files = folders.find(name);
    if (files == folders.end()) return UnknownDataset(name);
    Result<Dataset> dataset = ParseDataset(name, files->second);
    if (!dataset) return dataset.error();
    datasets.push_back(std::move(*dataset));
  }
  return datasets;
}

}  // namespace chimera::schema
