// What has to change in columns, decided from their types and the account; declared in clickhouse/value_converter.h.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "clickhouse/value_converter.h"
#include "sql/lexer.h"
#include "sql/type_name.h"

namespace chimera::clickhouse {
namespace {

using Kind = PrintedType::Kind;

constexpr int kMaxDepth = 50;  // of a type's nesting; deeper ones are treated value by value

bool IsUtc(std::string_view zone) {
  constexpr std::array<std::string_view, 9> kNames = {"UTC",       "GMT",  "UCT",   "Zulu", "Universal",
                                                      "Greenwich", "GMT0", "GMT+0", "GMT-0"};
  if (zone.starts_with("Etc/")) zone.remove_prefix(4);
  return std::find(kNames.begin(), kNames.end(), zone) != kNames.end();
}

/// The text inside quotes; `text` itself when it has none.
std::string Unquoted(std::string_view text, sql::TokenKind kind) {
  const char quote = kind == sql::TokenKind::kString ? '\'' : '`';
  const bool quoted = text.size() >= 2 && text.front() == quote && text.back() == quote;
  return quoted ? sql::Unquote({kind, text, 0}) : std::string(text);
}

/// Walks the types of a result's columns.
class Planner {
 public:
  explicit Planner(const AccountProfile& profile)
      : quote_integers_(!profile.Applies("output_format_json_quote_64bit_integers", "1")),
        quote_decimals_(!profile.Applies("output_format_json_quote_decimals", "1")),
        lose_denormals_(!profile.Applies("output_format_json_quote_denormals", "1")),
        change_times_(!profile.Applies("date_time_output_format", "iso")),
        unix_times_(profile.Value("date_time_output_format") == "unix_timestamp"),
        zone_(profile.Timezone()) {}

  bool HasWork() const { return quote_integers_ || quote_decimals_ || lose_denormals_ || change_times_; }

  PrintedType Plan(const Column& column) {
    column_ = column.name;
    return Plan(column.type, 0);
  }

  std::vector<std::string> Notes() {
    if (lost_denormals_)
      notes_.push_back("NaN and infinities cannot be told from NULL in these results: they are null");
    return std::move(notes_);
  }

 private:
  PrintedType Plan(std::string_view type, int depth) {
    if (depth > kMaxDepth) return {Kind::kAny};
    type = sql::BareType(type);
    const std::string_view family = sql::TypeFamily(type);
    const auto arguments = sql::TypeArguments(type);
    if (sql::IntegerBits(type) >= 64 || family.starts_with("Interval")) return Quoted(quote_integers_);
    if (family.starts_with("Decimal")) return Quoted(quote_decimals_);
    if (family == "DateTime" || family == "DateTime64") return PlanTime(family, arguments);
    if (family.starts_with("Float") || family == "BFloat16") lost_denormals_ |= lose_denormals_;
    if (family == "Variant" || family == "Dynamic" || family == "JSON" || family == "Object") return PlanAny();
    if (arguments.empty()) return {};
    if (family == "SimpleAggregateFunction") return Plan(arguments.back(), depth + 1);
    if (family == "Array") return Around(Kind::kArray, {Plan(arguments[0], depth + 1)});
    if (family == "Map" && arguments.size() == 2) {
      return Around(Kind::kMap, {Plan(arguments[0], depth + 1), Plan(arguments[1], depth + 1)});
    }
    if (family == "Tuple") return PlanTuple(arguments, depth);
    if (family == "Nested") return Around(Kind::kArray, {PlanTuple(arguments, depth)});
    return {};
  }

  PrintedType PlanTuple(const std::vector<std::string_view>& arguments, int depth) {
    PrintedType tuple{Kind::kTuple};
    for (const auto argument : arguments) {
      const auto [name, type] = sql::SplitElement(argument);
      AppendJsonString(tuple.names.emplace_back(), Unquoted(name, sql::TokenKind::kQuotedIdentifier));
      tuple.parts.push_back(Plan(type, depth + 1));
    }
    return AllAsIs(tuple.parts) ? PrintedType{} : tuple;
  }

  PrintedType PlanTime(std::string_view family, const std::vector<std::string_view>& arguments) {
    if (!change_times_) return {};
    const bool has_zone = arguments.size() == (family == "DateTime" ? 1 : 2);
    std::string zone = has_zone ? Unquoted(arguments.back(), sql::TokenKind::kString) : zone_;
    if (IsUtc(zone) && !unix_times_) return {Kind::kTime};
    AddZoneNote(zone);
    return {};
  }

  void AddZoneNote(const std::string& zone) {
    const std::string what = unix_times_    ? "seconds since 1970-01-01T00:00:00Z"
                             : zone.empty() ? "in the time zone of the database server"
                                            : "in the time zone " + zone;
    std::string note = "times in `" + column_ + "` are " + what;
    if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(std::move(note));
  }

  /// The types of such values are not told, so their times are left as they are.
  PrintedType PlanAny() {
    lost_denormals_ |= lose_denormals_;
    if (change_times_) AddZoneNote(zone_);
    return {quote_integers_ ? Kind::kAny : Kind::kAsIs};
  }

  static PrintedType Quoted(bool quoted) { return {quoted ? Kind::kQuoted : Kind::kAsIs}; }

  static PrintedType Around(Kind kind, std::vector<PrintedType> parts) {
    return AllAsIs(parts) ? PrintedType{} : PrintedType{kind, std::move(parts)};
  }

  static bool AllAsIs(const std::vector<PrintedType>& parts) {
    return std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part.kind == Kind::kAsIs; });
  }

  const bool quote_integers_;
  const bool quote_decimals_;
  const bool lose_denormals_;
  const bool change_times_;
  const bool unix_times_;
  const std::string zone_;
  std::string column_;
  bool lost_denormals_ = false;
  std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<ValueConverter> ValueConverter::For(const std::vector<Column>& columns, const AccountProfile& profile) {
  Planner planner(profile);
  if (!planner.HasWork()) return nullptr;
  std::vector<PrintedType> plan;
  bool changes = false;
  for (const auto& column : columns) changes |= plan.emplace_back(planner.Plan(column)).kind != Kind::kAsIs;
  return changes ? std::unique_ptr<ValueConverter>(new ValueConverter(std::move(plan))) : nullptr;
}

std::vector<std::string> ValueNotes(const std::vector<Column>& columns, const AccountProfile& profile) {
  Planner planner(profile);
  std::vector<std::string> notes = profile.Notes();
  if (!planner.HasWork()) return notes;
  for (const auto& column : columns) planner.Plan(column);
  for (auto& note : planner.Notes()) notes.push_back(std::move(note));
  return notes;
}

}  // namespace chimera::clickhouse
