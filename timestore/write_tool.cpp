// The tool `timestore.write`: the rules of insert tools (tools/insert_batch.h) over a table that takes any field.
#include <simdjson.h>

#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "timestore/declared_read.h"
#include "timestore/tools.h"
#include "tools/answer.h"

namespace chimera::timestore {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr char kName[] = "timestore.write";
constexpr size_t kMaxKeyBytes = 1000;
const std::vector<std::string> kPassedOn = {"rows", "data", "idempotency_key", "dry_run"};

constexpr char kDescription[] =
    "Stores rows of any fields under a dataset and a table of your choice, which are made by their first write; "
    "answers "
    "as soon as the rows are safe, mostly within milliseconds. For a table that an insert.* tool fills, name its "
    "dataset "
    "and table: that tool's rules hold. All rows or none; a repeat with the same idempotency_key, or without one the "
    "same "
    "rows, stores nothing twice. timestore.read shows the rows at once. A field keeps the type of its first value; a "
    "row "
    "with another one later becomes a dead letter (get.ingest_status).";

Json InputSchema() {
  return tools::ArgumentsSchema(Json::parse(R"json({
    "dataset": {"type": "string", "description": "lower-case letters, digits, single underscores; e.g. sensors"},
    "table": {"type": "string", "description": "the same; e.g. climate"},
    "rows": {"type": "array", "minItems": 1, "maxItems": 100000, "items": {"type": "object"},
      "description": "e.g. [{\"timestamp\": \"2025-11-20T13:00:00.125Z\", \"celsius\": 21.5, \"room\": \"kitchen\"}]; timestamp: UTC, default now; others: up to 100 fields of numbers, text, booleans; objects and lists are kept as JSON text"},
    "data": {"type": "object", "description": "one row, instead of rows"},
    "partition_key": {"type": "string", "description": "what rows are sorted by before time, e.g. a device"},
    "idempotency_key": {"type": "string", "maxLength": 200, "description": "names this write, e.g. a UUID"},
    "dry_run": {"type": "boolean", "default": false, "description": "only check"}})json"),
                                {"dataset", "table"});
}

Json OutputSchema() {
  return tools::ObjectSchema({{"accepted_rows", {{"type", "integer"}}},
                              {"position", tools::Typed("string", "for min_watermark")},
                              {"repeated", tools::Typed("boolean", "it came before; nothing was added")},
                              {"days", tools::Typed("array", "{day, rows}")},
                              {"notes", {{"type", "array"}}}});
}

mcp::ToolDefinition Define() {
  return {kName,          "Write rows",
          kDescription,   InputSchema(),
          OutputSchema(), {.read_only = false, .destructive = false, .idempotent = true, .open_world = false}};
}

/// The arguments, with the rows still as text.
struct Arguments {
  Name name;
  std::optional<std::string> partition_key;
  std::string passed_on;  ///< members of the insert tool's arguments
};

class ArgumentReader {
 public:
  Result<Arguments> Read(std::string_view text) {
    const simdjson::padded_string padded(text);
    ondemand::parser parser;
    ondemand::document document;
    ondemand::object object;
    const bool read = !parser.iterate(padded).get(document) && !document.get_object().get(object) && ReadAll(object);
    if (!read) {
      return MakeError(ErrorCode::kInvalidArgument, std::string("the arguments of ") + kName + " are no JSON object",
                       "send {\"dataset\": …, \"table\": …, \"rows\": [{…}]}");
    }
    for (const char* needed : {"dataset", "table"}) {
      if (!seen_.contains(needed)) problems_.Add(needed, "is required", nullptr);
    }
    if (!problems_.Empty()) return problems_.ToError(kName);
    return std::move(arguments_);
  }

 private:
  bool ReadAll(ondemand::object& object) {
    for (auto field : object) {
      std::string_view key, json;
      if (field.unescaped_key().get(key)) return false;
      const std::string name(key);
      if (simdjson::to_json_string(field.value()).get(json)) return false;
      if (!seen_.insert(name).second) problems_.Add(name, "is given twice", nullptr);
      Take(name, Trim(json));
    }
    return true;
  }

  void Take(const std::string& name, std::string_view json) {
    if (std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end()) {
      arguments_.passed_on.append("\"").append(name).append("\":").append(json).append(",");
    } else if (name == "dataset") {
      arguments_.name.dataset = Text(name, json);
    } else if (name == "table") {
      arguments_.name.table = Text(name, json);
    } else if (name == "partition_key") {
      arguments_.partition_key = Text(name, json);
    } else {
      problems_.Add(name, "is not a known argument", nullptr,
                    "known: dataset, table, partition_key, " + Join(kPassedOn, ", ") + "; put fields into rows");
    }
  }

  std::string Text(const std::string& name, std::string_view json) {
    const auto value = ParseJson(json);
    if (value && value->is_string() && value->get_ref<const std::string&>().size() <= kMaxKeyBytes) return *value;
    problems_.Add(name, "must be a string of up to " + std::to_string(kMaxKeyBytes) + " bytes",
                  value ? *value : Json(Cut(json, 100)));
    return {};
  }

  Arguments arguments_;
  std::set<std::string> seen_;
  tools::Problems problems_;
};

schema::InsertColumn Column(std::string_view name, std::string_view type, Json fallback, const Json& example) {
  schema::InsertColumn column;
  column.name = name;
  column.type = type;
  column.fallback = std::move(fallback);
  column.example = example;
  return column;
}

schema::InsertTool DeclarationOf(const Name& name, const std::string& partition_key) {
  schema::InsertTool declaration;
  declaration.name = kName;
  declaration.table = DestinationOf(name).table;
  declaration.columns = {Column(kTimeColumn, kTimeType, "now", "2025-11-20T13:00:00.125Z"),
                         Column(kKeyColumn, "String", partition_key, "device-7"),
                         Column(kDatasetColumn, "LowCardinality(String)", name.dataset, name.dataset),
                         Column(kTableColumn, "LowCardinality(String)", name.table, name.table)};
  declaration.columns[2].allowed = {name.dataset};
  declaration.columns[3].allowed = {name.table};
  declaration.partition_column = kTimeColumn;
  return declaration;
}

std::string Summary(const Name& name, const Json& answer) {
  const auto rows = answer["accepted_rows"].get<uint64_t>();
  const std::string count = std::to_string(rows) + (rows == 1 ? " row" : " rows");
  const std::string table = name.dataset + "/" + name.table;
  if (!answer.contains("position")) {
    return "Dry run: " + count + (rows == 1 ? " is" : " are") + " valid for " + table + "; nothing was stored.";
  }
  const std::string position = answer["position"];
  if (answer["repeated"].get<bool>()) {
    return count + " for " + table + " came before, at " + position + ": nothing was added.";
  }
  return count + " of " + table + (rows == 1 ? " is" : " are") +
         " safe. timestore.read shows them at once; for other tools, pass min_watermark " + position + ".";
}

/// What the insert tool answered, as this tool answers it.
Result<tools::Answer> Reworded(const Name& name, const tools::Answer& inserted) {
  const auto given = ParseJson(inserted.structured_json);
  if (!given) return given.error();
  Json answer = {{"dataset", name.dataset},
                 {"table", name.table},
                 {"stored_in", (*given)["table"]},
                 {"accepted_rows", (*given)["accepted_rows"]}};
  for (const char* key : {"position", "repeated"}) {
    if (given->contains(key)) answer[key] = (*given)[key];
  }
  answer["days"] = (*given)["partitions"];
  answer["notes"] = Json::array();
  for (const Json& note : (*given)["notes"]) {
    const bool of_modes = note.get_ref<const std::string&>().starts_with("Repeats of this batch");
    if (!of_modes) answer["notes"].push_back(note);
  }
  return tools::Answer{Summary(name, answer), ToText(answer), inserted.row_count};
}

class WriteTool final : public tools::Tool {
 public:
  explicit WriteTool(const ToolSources& sources)
      : definition_(Define()), client_(sources.client), buffer_(sources.buffer), datasets_(sources.datasets) {
    for (const auto& dataset : datasets_) {
      for (const auto& insert : dataset.inserts) {
        auto tool = tools::CreateInsertTool(client_, dataset, insert,
                                            {sources.privacy, &buffer_, sources.growing.contains(dataset.name)});
        std::string why = sources.why_off ? sources.why_off(tool->Definition()) : "";
        declared_[{dataset.name, insert.table}] = {std::move(tool), std::move(why)};
      }
    }
  }

  const mcp::ToolDefinition& Definition() const override { return definition_; }

  Result<tools::Answer> Run(const RequestContext& context, std::string_view arguments_json) override {
    auto arguments = ArgumentReader().Read(arguments_json);
    if (!arguments) return std::move(arguments).error();
    const Name& name = arguments->name;
    const std::string passed_on = "{" + arguments->passed_on + "\"mode\":\"buffered\"}";
    const schema::Dataset* declared = DeclaredDataset(datasets_, name.dataset);
    auto inserted = declared != nullptr ? Declared(context, *declared, *arguments, passed_on)
                                        : Dynamic(context, *arguments, passed_on);
    if (!inserted) return std::move(inserted).error();
    return Reworded(name, *inserted);
  }

 private:
  struct Insert {
    std::unique_ptr<tools::Tool> tool;
    std::string why_off;  ///< not for callers; or empty
  };

  Result<tools::Answer> Declared(const RequestContext& context, const schema::Dataset& dataset,
                                 const Arguments& arguments, const std::string& passed_on) {
    const auto insert = declared_.find(arguments.name);
    if (insert == declared_.end()) return NoSuchTable(dataset, arguments.name.table);
    if (!insert->second.why_off.empty()) return MakeError(ErrorCode::kUnknownTool, insert->second.why_off);
    if (arguments.partition_key) {
      tools::Problems problems;
      problems.Add("partition_key", "is for tables that writes make, and " + arguments.name.table + " is declared",
                   *arguments.partition_key, "leave it out");
      return problems.ToError(kName);
    }
    return insert->second.tool->Run(context, passed_on);
  }

  Result<tools::Answer> Dynamic(const RequestContext& context, const Arguments& arguments,
                                const std::string& passed_on) {
    tools::Problems problems;
    CheckNames(arguments.name, problems);
    if (!problems.Empty()) return problems.ToError(kName);
    schema::Dataset dataset;
    dataset.name = arguments.name.dataset;
    dataset.database = kDatabase;
    const auto declaration = DeclarationOf(arguments.name, arguments.partition_key.value_or(""));
    const auto tool =
        tools::CreateInsertTool(client_, dataset, declaration, {.privacy = {}, .buffer = &buffer_, .grows = true});
    return tool->Run(context, passed_on);
  }

  const mcp::ToolDefinition definition_;
  clickhouse::Client& client_;
  ingest::WriteBuffer& buffer_;
  const std::vector<schema::Dataset>& datasets_;
  std::map<Name, Insert> declared_;
};

}  // namespace

std::unique_ptr<tools::Tool> CreateWriteTool(const ToolSources& sources) {
  return std::make_unique<WriteTool>(sources);
}

}  // namespace chimera::timestore
