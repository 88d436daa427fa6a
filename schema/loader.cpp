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

/// Turns the files of one dataset into a `Dataset`, kind by kind; what is wrong is noted, and reading goes on.
class DatasetParser {
 public:
  DatasetParser(const Files& files, Dataset& dataset, std::vector<Mistake>& mistakes)
      : files_(files), dataset_(dataset), mistakes_(mistakes) {}

  void Parse() {
    ReadManifest();
    ReadMigrations();
    ReadTools();
    ReadPrivacyRules();
    ReadPrompts();
    ReadGlossary();
    ReadDemo();
    ReadDashboards();
    ReadAlerts();
    CheckNothingIsLeft();
  }

 private:
  void ReadManifest();
  void ReadMigrations();
  void ReadMigration(const std::string& path, const std::string& sql);
  void ReadTools();
  void ReadAnalysis(const std::string& stem, const std::string& json);
  void ReadPrivacyRules();
  void ReadPrompts();
  void ReadGlossary();
  void ReadDemo();
  void ReadDashboards();
  void ReadAlerts();
  void CheckNothingIsLeft();

  /// The text of a file, which counts as known from now on; nullptr when it is not there.
  const std::string* Take(std::string_view path);
  Spot At(std::string_view path) const { return {mistakes_, std::string(path)}; }

  const Files& files_;
  Dataset& dataset_;
  std::vector<Mistake>& mistakes_;
  std::set<std::string, std::less<>> taken_;
  Json privacy_ = Json::object();  ///< of the manifest: it names tables and columns, which are read later
};

const std::string* DatasetParser::Take(std::string_view path) {
  taken_.emplace(path);
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

void DatasetParser::ReadManifest() {
  const Spot spot = At(kManifest);
  const std::string* text = Take(kManifest);
  if (!text) return spot.Fail("the file is missing", "docs/datasets.md describes it");
  const Result<Json> object = ParseJson(*text);
  if (!object) return spot.Fail(object.error());
  JsonReader reader(*object, spot.File());
  dataset_.title = reader.String("title");
  dataset_.description = reader.String("description");
  dataset_.database = reader.String("database");
  if (reader.Holds("database") && !IsIdentifier(dataset_.database))
    reader.Fail("`database` must be letters, digits and underscores", "database");
  if (const Json* privacy = reader.Value("privacy")) privacy_ = *privacy;
  const Json* tables = reader.Value("tables");
  spot.Finish(reader);
  if (tables) dataset_.tables = ParseExpectations(*tables, spot);
}

void DatasetParser::ReadMigrations() {
  bool found = false;
  for (const auto& [path, sql] : files_) {
    if (!path.starts_with(kMigrations)) continue;
    found = true;
    ReadMigration(path, sql);
  }
  if (!found) At(kMigrations).Fail("there is no migration", "start with 0001_NAME.sql");
}

void DatasetParser::ReadMigration(const std::string& path, const std::string& sql) {
  Take(path);
  const Spot spot = At(path);
  const std::string_view file = std::string_view(path).substr(kMigrations.size());
  const bool numbered =
      file.size() > kVersionDigits && file[kVersionDigits] == '_' &&
      std::all_of(file.begin(), file.begin() + kVersionDigits, [](unsigned char c) { return std::isdigit(c); });
  if (!numbered || !file.ends_with(".sql")) return spot.Fail("a migration is named NNNN_name.sql");
  Migration migration;
  migration.version = std::stoi(std::string(file.substr(0, kVersionDigits)));
  migration.name = file.substr(kVersionDigits + 1, file.size() - kVersionDigits - 1 - std::string_view(".sql").size());
  if (!IsIdentifier(migration.name)) spot.Fail("the name after the number must be letters, digits and underscores");
  // Behind a gap, counting goes on from there: one gap is one mistake.
  const int expected = dataset_.migrations.empty() ? 1 : dataset_.migrations.back().version + 1;
  if (migration.version != expected) {
    spot.Fail("version " + std::to_string(expected) + " is expected here", "number migrations from 0001 without gaps");
  }
  const Result<std::vector<std::string>> statements = sql::SplitStatements(sql);
  if (!statements) spot.Fail(statements.error());
  if (statements && statements->empty()) spot.Fail("the file holds no statement");
  migration.sql = sql;
  migration.checksum = Sha256Hex(sql);
  dataset_.migrations.push_back(std::move(migration));
}

void DatasetParser::ReadTools() {
  for (const auto& [path, json] : files_) {
    if (!path.starts_with(kTools) || !path.ends_with(".json")) continue;
    Take(path);
    const std::string stem = path.substr(kTools.size(), path.rfind('.') - kTools.size());
    const size_t dot = stem.find('.');
    const std::string verb = stem.substr(0, dot);
    const bool named = dot != std::string::npos && IsIdentifier(std::string_view(stem).substr(dot + 1));
    if (!named || (verb != "insert" && verb != "get")) {
      At(path).Fail("a tool is named insert.NAME.json or get.NAME.json");
    } else if (verb == "insert") {
      dataset_.inserts.push_back(ParseInsertTool(stem, json, At(path)));
    } else {
      ReadAnalysis(stem, json);
    }
  }
}

void DatasetParser::ReadAnalysis(const std::string& stem, const std::string& json) {
  const std::string path = std::string(kTools) + stem;
  const std::string* sql = Take(path + ".sql");
  const std::string* note = Take(path + ".note.sql");
  if (!sql) At(path + ".sql").Fail("the file is missing, but " + stem + ".json needs it");
  dataset_.analyses.push_back(ParseAnalysisTool(stem, json, sql, note, At(path + ".json")));
}

void DatasetParser::ReadPrivacyRules() {
  // It names columns of tools: where those cannot be read, it cannot be judged.
  const auto of_tool = [](const Mistake& mistake) { return mistake.file.starts_with(kTools); };
  if (std::any_of(mistakes_.begin(), mistakes_.end(), of_tool)) return;
  Result<std::vector<PrivacyRule>> rules = ReadPrivacy(privacy_, dataset_, "privacy");
  if (!rules) return At(kManifest).At("", "/privacy").Fail(rules.error());
  dataset_.privacy = std::move(*rules);
}

void DatasetParser::ReadPrompts() {
  for (const auto& [path, json] : files_) {
    if (!path.starts_with(kPrompts) || !path.ends_with(".json")) continue;
    Take(path);
    const std::string stem = path.substr(0, path.rfind('.'));
    const std::string name = stem.substr(kPrompts.size());
    const std::string* text = Take(stem + ".md");
    if (!IsIdentifier(name)) At(path).Fail("a prompt's name must be letters, digits and underscores");
    if (!text) At(stem + ".md").Fail("the file is missing, but " + name + ".json needs it");
    dataset_.prompts.push_back(ParsePrompt(name, json, text, dataset_, At(path)));
  }
}

void DatasetParser::ReadGlossary() {
  if (const std::string* text = Take(kGlossary)) dataset_.glossary = ParseGlossary(*text, At(kGlossary));
}

void DatasetParser::ReadDemo() {
  const std::string* sql = Take(kDemo);
  if (!sql) return;
  const Result<std::vector<std::string>> statements = sql::SplitStatements(*sql);
  if (!statements) At(kDemo).Fail(statements.error());
  dataset_.demo_sql = *sql;
}

// Dashboards and alerts are for other programs: they are checked as far as can be told here, and not kept.
void DatasetParser::ReadDashboards() {
  for (const auto& [path, text] : files_) {
    if (!(path.starts_with(kDashboards) || path.starts_with(kAlerts)) || !path.ends_with(".json")) continue;
    if (const Result<Json> object = ParseJson(text); !object) At(path).Fail(object.error());
    Take(path);
  }
}

void DatasetParser::ReadAlerts() {
  for (const auto& [path, text] : files_) {
    if (!path.starts_with(kAlerts) || !path.ends_with(".sql")) continue;
    const Result<std::vector<std::string>> statements = sql::SplitStatements(text);
    if (!statements) At(path).Fail(statements.error());
    if (statements && statements->size() != 1) At(path).Fail("an alert is one SELECT, whose rows are what is wrong");
    Take(path);
  }
}

void DatasetParser::CheckNothingIsLeft() {
  for (const auto& [path, text] : files_) {
    if (taken_.contains(path)) continue;
    At(path).Fail(
        "this file is not part of a dataset, or its .json is missing",
        "a dataset has dataset.json, migrations/NNNN_name.sql, tools/insert.NAME.json, tools/get.NAME.json with "
        "get.NAME.sql and get.NAME.note.sql, prompts/NAME.json with NAME.md, dashboards/NAME.json, alerts/NAME.sql, "
        "alerts/NAME.json, glossary.json, and demo/demo.sql");
  }
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

Reading ReadDataset(std::string_view name, Files files) {
  Reading reading;
  reading.dataset.name = name;
  reading.files = std::move(files);
  if (!IsIdentifier(name)) {
    Spot(reading.mistakes, "")
        .Fail("a dataset's folder cannot be named \"" + std::string(name) + "\"",
              "use letters, digits and underscores");
  }
  DatasetParser(reading.files, reading.dataset, reading.mistakes).Parse();
  FindLines(reading.files, reading.mistakes);
  return reading;
}

Result<Dataset> ParseDataset(std::string_view name, const Files& files) {
  Reading reading = ReadDataset(name, files);
  if (reading.mistakes.empty()) return std::move(reading.dataset);
  const Mistake& first = reading.mistakes.front();
  const std::string where = first.file.empty() ? "" : reading.dataset.name + "/" + first.file + ": ";
  return MakeError(first.code, where + first.message, first.hint);
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
