// `chimera-mcp dataset check` and `dataset new`: what is wrong in dataset folders, and a first one.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/backend.h"
#include "app/commands.h"
#include "schema/draft.h"
#include "schema/live_check.h"
#include "schema/loader.h"
#include "schema/tool_files.h"

namespace chimera::app {
namespace {

constexpr std::chrono::minutes kCheckTime{10};

struct FolderReport {
  std::string path;
  schema::Reading reading;
};

/// "office/tools/insert.readings.json:12: columns[2]: min is above max", with its hint below.
std::string Text(const FolderReport& report, const schema::Mistake& mistake) {
  const std::string file = (std::filesystem::path(report.path) / mistake.file).string();
  const std::string line = mistake.line == 0 ? "" : ":" + std::to_string(mistake.line);
  const std::string hint = mistake.hint.empty() ? "" : "\n  " + mistake.hint;
  return file + line + ": " + mistake.message + hint + "\n";
}

Json AsJson(const FolderReport& report, const schema::Mistake& mistake) {
  return {{"file", (std::filesystem::path(report.path) / mistake.file).string()},
          {"line", mistake.line == 0 ? Json() : Json(mistake.line)},
          {"message", mistake.message},
          {"hint", mistake.hint}};
}

Result<std::vector<FolderReport>> ReadAll(const std::vector<std::string>& folders) {
  std::vector<FolderReport> reports;
  for (const std::string& folder : folders) {
    auto reading = schema::ReadFolder(folder);
    if (!reading.ok()) return reading.error();
    reports.push_back({folder, std::move(*reading)});
  }
  return reports;
}

/// A client on the configured database; nothing of what is switched on has a part in it.
Result<std::unique_ptr<Backend>> DatabaseAlone(config::Config config) {
  config.clickhouse.write_account.reset();  // reads what it has just created
  config.datasets.clear();
  config.dataset_dirs.clear();
  config.retention.clear();
  return Backend::Create(config);
}

/// Looks at the folders that have no mistakes of their own against the configured database.
Status CheckInDatabase(const config::Config& config, std::vector<FolderReport>& reports, const std::stop_token& stop) {
  auto backend = DatabaseAlone(config);
  if (!backend.ok()) return backend.error();
  for (FolderReport& report : reports) {
    if (!report.reading.mistakes.empty()) continue;
    const auto context = RequestContext::For("dataset check", kCheckTime, stop);
    auto mistakes = schema::CheckLive(context, (*backend)->Client(), report.reading);
    if (!mistakes.ok()) return mistakes.error();
    report.reading.mistakes = std::move(*mistakes);
  }
  return Ok();
}

std::vector<std::string> ClashesOf(const std::vector<FolderReport>& reports) {
  std::vector<schema::Dataset> datasets;
  for (const FolderReport& report : reports) datasets.push_back(report.reading.dataset);
  return schema::Clashes(datasets);
}

void PrintText(const std::vector<FolderReport>& reports, const std::vector<std::string>& clashes, bool database) {
  for (const FolderReport& report : reports) {
    for (const auto& mistake : report.reading.mistakes) std::fputs(Text(report, mistake).c_str(), stdout);
    if (!report.reading.mistakes.empty()) continue;
    std::printf("%s: the files are right%s\n", report.path.c_str(),
                database ? ", and so is what the database makes of them"
                         : "; with --database, a database is asked about the SQL, too");
  }
  for (const std::string& clash : clashes) std::printf("%s\n", clash.c_str());
}

void PrintJson(const std::vector<FolderReport>& reports, const std::vector<std::string>& clashes, bool fine) {
  Json mistakes = Json::array();
  for (const FolderReport& report : reports) {
    for (const auto& mistake : report.reading.mistakes) mistakes.push_back(AsJson(report, mistake));
  }
  std::puts(ToText({{"fine", fine}, {"mistakes", std::move(mistakes)}, {"clashes", clashes}}).c_str());
}

Error CannotWrite(const std::filesystem::path& path, const std::string& reason) {
  return MakeError(ErrorCode::kIoError, "cannot write " + path.string() + ": " + reason);
}

/// Makes `folder`, which must not be there, with the files in it.
Status WriteFolder(const std::filesystem::path& folder, const schema::Files& files) {
  std::error_code error;
  if (!std::filesystem::create_directory(folder, error))
    return CannotWrite(folder, error ? error.message() : "it is there already, and nothing is overwritten");
  for (const auto& [name, text] : files) {
    const std::filesystem::path path = folder / name;
    std::filesystem::create_directory(path.parent_path(), error);
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) return CannotWrite(path, "the disk refuses");
  }
  return Ok();
}

/// The reading of the draft has no mistakes unless the drafter has.
Status CheckDraft(const std::string& name, const schema::Draft& draft) {
  const auto dataset = schema::ParseDataset(name, draft.files);
  if (dataset.ok()) return Ok();
  return MakeError(ErrorCode::kInternal, "the draft is not right: " + dataset.error().message);
}

}  // namespace

int NewDataset(const config::Config& config, const DatasetNewCommand& command, const std::stop_token& stop) {
  const size_t dot = command.table.find('.');
  if (dot == std::string::npos || !schema::IsIdentifier(command.name)) {
    (void)Report(MakeError(ErrorCode::kInvalidArgument, "dataset new NAME --from-table DATABASE.TABLE",
                           "NAME is letters, digits and underscores"));
    return kMisused;
  }
  auto backend = DatabaseAlone(config);
  if (!backend.ok()) return Report(backend.error());
  const auto context = RequestContext::For("dataset new", kCheckTime, stop);
  auto draft =
      schema::DraftDataset(context, (*backend)->Client(), command.table.substr(0, dot), command.table.substr(dot + 1));
  if (!draft.ok()) return Report(draft.error());
  if (Status status = CheckDraft(command.name, *draft); !status.ok()) return Report(status.error());
  const std::filesystem::path folder = std::filesystem::path(command.folder) / command.name;
  if (Status status = WriteFolder(folder, draft->files); !status.ok()) return Report(status.error());
  for (const auto& [name, text] : draft->files) std::printf("%s\n", (folder / name).c_str());
  for (const std::string& note : draft->notes) std::printf("note: %s\n", note.c_str());
  return kDone;
}

int CheckDatasets(const config::Config* config, const DatasetCheckCommand& command, const std::stop_token& stop) {
  auto reports = ReadAll(command.folders);
  if (!reports.ok()) return Report(reports.error());
  if (config) {
    if (Status status = CheckInDatabase(*config, *reports, stop); !status.ok()) return Report(status.error());
  }
  const std::vector<std::string> clashes = ClashesOf(*reports);
  bool fine = clashes.empty();
  for (const auto& report : *reports) fine = fine && report.reading.mistakes.empty();
  if (command.json) PrintJson(*reports, clashes, fine);
  if (!command.json) PrintText(*reports, clashes, config != nullptr);
  return fine ? kDone : kFailed;
}

}  // namespace chimera::app
