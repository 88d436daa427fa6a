#include "tools/problem_list.h"

#include "base/schema_check.h"
#include "base/text.h"

namespace chimera::tools {
namespace {

constexpr size_t kMaxValueBytes = 200;

std::string Shortened(std::string_view text) {
  text = Trim(text);
  if (text.size() <= kMaxValueBytes) return std::string(text);
  size_t end = kMaxValueBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace

void ProblemList::Add(std::string path, std::string message, std::string_view value, std::string hint) {
  ++count_;
  if (!Lists()) return;
  problems_.push_back({std::move(path), std::move(message), Shortened(value), std::move(hint)});
}

Error ProblemList::ToError(const std::string& tool) && {
  Error error = InvalidArguments(tool, std::move(problems_));
  if (count_ <= kMaxListed) return error;
  error.message = std::to_string(count_) + " problems in the arguments of " + tool + "; the first " +
                  std::to_string(kMaxListed) + " are listed";
  error.hint = "mend these and send the call again: nothing was stored";
  return error;
}

}  // namespace chimera::tools
