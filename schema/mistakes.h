// What is wrong in the files of a dataset, and where. Readers of files are given a `Spot` and go on after a mistake, so
// that all of them are known at once. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_reader.h"
#include "base/result.h"

namespace chimera::schema {

/// A folder's files: path relative to the folder ("tools/insert.episodes.json") → bytes.
using Files = std::map<std::string, std::string, std::less<>>;

/// Something wrong in one file.
struct Mistake {
  std::string file;                   ///< relative to the dataset's folder; empty: the folder itself
  std::string pointer = {};           ///< RFC 6901: the JSON value that it is about; empty: the whole file
  std::optional<size_t> offset = {};  ///< the byte, from 0, where it is known; wins over `pointer`
  std::string message;                ///< "columns[2]: min is above max"
  std::string hint = {};              ///< what to write instead; may be empty
  ErrorCode code = ErrorCode::kInvalidArgument;
  size_t line = 0;  ///< from 1; 0: the file is not there. Set by `FindLines`
};

/// A file, or a value in it, that is being read: knows how messages name it, and keeps them.
class Spot {
 public:
  /// `mistakes` must outlive this.
  Spot(std::vector<Mistake>& mistakes, std::string file) : mistakes_(&mistakes), file_(std::move(file)) {}

  /// The value at `pointer` below this one, which messages call `label`, as in "columns[2]".
  Spot At(std::string label, const std::string& pointer) const;
  /// Item `index` of the array `key`.
  Spot Item(const std::string& key, size_t index) const;
  /// The same file, of which the first `bytes` are not what is read.
  Spot After(size_t bytes) const;
  /// Another file of the same dataset.
  Spot InFile(std::string file) const { return Spot(*mistakes_, std::move(file)); }
  const std::string& File() const { return file_; }

  void Fail(std::string message, std::string hint = {}, std::optional<size_t> offset = {}) const;
  void Fail(const Error& error) const { Fail(error.message, error.hint, error.position); }
  /// Keeps all failures of `reader`, whose object stands here; true when there are none.
  bool Finish(JsonReader& reader) const;

 private:
  std::vector<Mistake>* mistakes_;
  std::string file_;
  std::string label_;
  std::string pointer_;
  size_t before_ = 0;
};

/// One key of a JSON pointer, escaped, with its slash.
std::string PointerTo(std::string_view key);

/// Sets `line` of every mistake whose file is in `files`: of the byte, else of the JSON value, else 1.
void FindLines(const Files& files, std::vector<Mistake>& mistakes);

}  // namespace chimera::schema
