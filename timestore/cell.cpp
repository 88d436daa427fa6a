#include "timestore/cell.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <chrono>

#include "ingest/position.h"
#include "tools/parameter_value.h"
#include "tools/time_window.h"
#include "tools/type_name.h"

namespace chimera::timestore {
namespace {

struct KindName {
  std::string_view type;
  CellKind kind;
};

constexpr std::array<KindName, 7> kKinds = {{{"Int64", CellKind::kInt64},
                                             {"UInt64", CellKind::kUInt64},
                                             {"Float64", CellKind::kFloat64},
                                             {"Bool", CellKind::kBool},
                                             {"String", CellKind::kString},
                                             {"DateTime64(3, 'UTC')", CellKind::kMillis},
                                             {"DateTime64(6, 'UTC')", CellKind::kMicros}}};

std::string_view TypeOf(CellKind kind) {
  for (const auto& [type, known] : kKinds) {
    if (known == kind) return type;
  }
  return {};
}

template <typename Number>
std::optional<Cell> ReadNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Cell(number);
}

std::optional<Cell> ReadText(std::string_view json) {
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  std::string_view text;
  if (parser.iterate(padded).get(document) || document.get_string().get(text)) return std::nullopt;
  return Cell(std::string(text));
}

std::optional<Cell> ReadPosition(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return std::nullopt;
  const auto position = ingest::ParsePosition(json.substr(1, json.size() - 2));
  return position ? std::optional<Cell>(*position) : std::nullopt;
}

/// Without the quotes that BindParameter knows nothing of.
std::optional<Cell> ReadParameter(CellKind kind, const std::string& text) {
  switch (kind) {
    case CellKind::kInt64:
      return ReadNumber<int64_t>(text);
    case CellKind::kUInt64:
      return ReadNumber<uint64_t>(text);
    case CellKind::kFloat64:
      return ReadNumber<double>(text);
    case CellKind::kBool:
      return Cell(text == "true");
    default:
      return Cell(text);
  }
}

Cell Ticks(CellKind kind, const Json& time) {
  const auto at = tools::ParseTime(time.get_ref<const std::string&>())->at;  // BindParameter has read it
  if (kind == CellKind::kMillis) {
    return std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
  }
  return std::chrono::floor<std::chrono::microseconds>(at).time_since_epoch().count();
}

std::string TimeText(CellKind kind, int64_t ticks) {
  using tools::Instant;
  const int digits = kind == CellKind::kMillis ? 3 : 6;
  const Instant at =
      kind == CellKind::kMillis ? Instant(std::chrono::milliseconds(ticks)) : Instant(std::chrono::microseconds(ticks));
  std::string text = tools::PlainTime(at, digits);
  text[10] = 'T';
  return text + "Z";
}

std::string Shortest(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

}  // namespace

std::optional<CellKind> CellKindOf(std::string_view type) {
  const std::string_view bare = tools::BareType(type);
  for (const auto& [name, kind] : kKinds) {
    if (name == bare) return kind;
  }
  return std::nullopt;
}

std::optional<Cell> ReadCell(CellKind kind, std::string_view json) {
  if (json == "null") return Cell();
  switch (kind) {
    case CellKind::kInt64:
    case CellKind::kMillis:
      return ReadNumber<int64_t>(json);
    case CellKind::kUInt64:
      return ReadNumber<uint64_t>(json);
    case CellKind::kFloat64:
      return ReadNumber<double>(json);
    case CellKind::kBool:
      if (json != "true" && json != "false") return std::nullopt;
      return Cell(json == "true");
    case CellKind::kString:
      return ReadText(json);
    case CellKind::kMicros:
      return ReadPosition(json);
  }
  return std::nullopt;
}

Result<Cell> ReadOperand(CellKind kind, const Json& value, const std::string& path) {
  const auto parameter = tools::BindParameter("p", TypeOf(kind), value, path);
  if (!parameter) return parameter.error();
  if (kind == CellKind::kMillis || kind == CellKind::kMicros) return Ticks(kind, value);
  if (auto cell = ReadParameter(kind, parameter->value)) return *std::move(cell);
  Error error = MakeError(ErrorCode::kInvalidArgument, "`" + path + "` cannot be compared with this column");
  error.problems.push_back({path, "cannot be compared with this column", Excerpt(value), "send a plain value"});
  return error;
}

std::partial_ordering Compare(const Cell& left, const Cell& right) {
  return std::visit(
      [&](const auto& value) -> std::partial_ordering {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          return value.compare(std::get<T>(right)) <=> 0;  // by bytes, as unsigned
        } else {
          return value <=> std::get<T>(right);
        }
      },
      left);
}

void AppendCell(CellKind kind, const Cell& cell, std::string& out) {
  if (IsNull(cell)) {
    out += "null";
    return;
  }
  switch (kind) {
    case CellKind::kInt64:
      out.append("\"").append(std::to_string(std::get<int64_t>(cell))).append("\"");
      break;
    case CellKind::kUInt64:
      out.append("\"").append(std::to_string(std::get<uint64_t>(cell))).append("\"");
      break;
    case CellKind::kFloat64:
      out += Shortest(std::get<double>(cell));
      break;
    case CellKind::kBool:
      out += std::get<bool>(cell) ? "true" : "false";
      break;
    case CellKind::kString:
      AppendJsonString(out, std::get<std::string>(cell));
      break;
    case CellKind::kMillis:
    case CellKind::kMicros:
      out.append("\"").append(TimeText(kind, std::get<int64_t>(cell))).append("\"");
      break;
  }
}

}  // namespace chimera::timestore
