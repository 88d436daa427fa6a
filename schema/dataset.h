// A dataset as data: what a folder under schema/ declares. Loaded once, immutable afterwards, shared by all threads.
// docs/datasets.md describes the files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "schema/privacy.h"

namespace chimera::schema {

/// One SQL script, applied once and in order. `checksum` is the SHA-256 of the text as hex.
struct Migration {
  int version = 0;   ///< from the file name: 0001_core_tables.sql is 1
  std::string name;  ///< "core_tables"
  std::string sql;
  std::string checksum;
};

/// A column that an insert tool accepts. The JSON Schema that the tool publishes and the validation both come from it.
struct InsertColumn {
  std::string name;
  std::string type;           ///< ClickHouse type, e.g. "LowCardinality(String)"
  std::string description;    ///< meaning and unit, for a model
  std::optional<double> min;  ///< inclusive
  std::optional<double> max;
  std::vector<std::string> allowed;  ///< an enum of strings; empty: any
  std::string format;                ///< "", "commit", "hex", "json" or "non-empty", as docs/datasets.md has them
  /// The default when the caller leaves it out; the string "now" for times; absent: required.
  std::optional<Json> fallback;
  bool computed = false;  ///< the table's DEFAULT expression fills it when the caller leaves it out
  Json example;           ///< one example value
};

struct InsertTool {
  std::string name;  ///< "insert.episodes"
  std::string title;
  std::string description;
  std::string table;
  std::vector<InsertColumn> columns;
  std::string partition_column;  ///< batches are split by the UTC day of this column; empty: not partitioned
};

struct AnalysisParameter {
  std::string name;
  std::string type;  ///< ClickHouse type of the placeholder
  std::string description;
  bool optional = false;  ///< sent as NULL when absent; the placeholder is then Nullable(type)
  std::optional<Json> fallback;
  std::optional<double> min;
  std::optional<double> max;
  std::vector<std::string> allowed;
};

struct ResultColumn {
  std::string name;
  std::string type;         ///< as the SQL yields it; checked against the live result by the contract tests
  std::string description;  ///< meaning and unit
};

/// A declared analysis: plain SQL with {name:Type} placeholders.
struct AnalysisTool {
  std::string name;  ///< "get.correlation_data"
  std::string title;
  std::string description;
  std::string sql;
  std::string note_sql;  ///< run when `rows` is empty; one Nullable(String) cell; may be empty
  std::vector<AnalysisParameter> parameters;
  bool single_row = false;  ///< the answer is one object of columns instead of `rows`
  std::vector<ResultColumn> columns;
};

/// Where a client finds values for an argument of a prompt.
struct ValueSource {
  enum class Kind {
    kNone,     ///< free text
    kList,     ///< `list`, as suggestions; other values are taken, too
    kEnum,     ///< `list` and nothing else: what a tool's parameter allows
    kTables,   ///< the tables of the dataset's database
    kColumns,  ///< the columns of `table`
    kValues,   ///< the values of `column` in `table`
  };
  Kind kind = Kind::kNone;
  std::vector<std::string> list;
  std::string table;
  bool table_is_argument = false;  ///< `table` names another argument, which holds the table
  std::string column;
};

struct PromptArgument {
  std::string name;
  std::string title;
  std::string description;
  std::optional<std::string> fallback;  ///< when the caller leaves it out; absent: required
  ValueSource values;
};

/// A part of a prompt's text.
struct PromptPiece {
  enum class Kind {
    kText,      ///< `text` as it is
    kArgument,  ///< the value of the argument `text`
    kFacts,     ///< what the database knows of the table `text`, in a few lines; all tables when empty
    kPage,      ///< the whole page of the table `text`
  };
  Kind kind = Kind::kText;
  std::string text;
  bool is_argument = false;  ///< of kFacts and kPage: `text` names an argument, which holds the table
};

/// A text that begins a piece of work, filled with arguments and live facts.
struct Prompt {
  std::string name;  ///< "cost_review"
  std::string title;
  std::string description;
  std::vector<PromptArgument> arguments;
  std::vector<PromptPiece> pieces;
};

/// A word of the field, explained.
struct Term {
  std::string name;
  std::string meaning;
};

/// How long rows stay, by the time of an observation. By default for ever, where they were written.
struct Retention {
  int keep_days = 0;        ///< older rows are deleted at a merge; 0: never
  int cold_after_days = 0;  ///< older rows move to `volume` of the table's storage policy; 0: never
  std::string volume;

  bool Any() const { return keep_days > 0 || cold_after_days > 0; }
};

/// What is to be expected of a table; its columns stand in the migrations. `chimera-mcp verify` looks at it.
struct TableExpectation {
  std::string name;
  std::string time;                                ///< the column with the time of an observation; may be empty
  std::optional<std::chrono::seconds> late_after;  ///< the newest row should be no older than this; needs `time`
  std::vector<std::string> unique;                 ///< no two rows have the same values here; may be empty
  Retention retention;                             ///< needs `time`
};

struct Dataset {
  std::string name;  ///< "chimera_metrics"
  std::string title;
  std::string description;
  std::string database;
  std::vector<TableExpectation> tables;  ///< as declared, by name; not every table needs to be there
  std::vector<Migration> migrations;     ///< by version, without gaps
  std::vector<InsertTool> inserts;       ///< by name
  std::vector<AnalysisTool> analyses;    ///< by name
  std::vector<Prompt> prompts;           ///< by name
  std::vector<PrivacyRule> privacy;      ///< one a column at most
  std::vector<Term> glossary;            ///< as written; may be empty
  std::string demo_sql;                  ///< statements that fill deterministic sample data; may be empty
};

}  // namespace chimera::schema
