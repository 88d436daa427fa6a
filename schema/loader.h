// Reads dataset folders, checks them (unknown keys, missing files, types nobody knows, placeholders without a
// parameter and the other way round), and hands out `Dataset`s. Does not touch a database.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/dataset.h"

namespace chimera::schema {

/// A folder's files: path relative to the folder ("tools/insert.episodes.json") → bytes.
using Files = std::map<std::string, std::string, std::less<>>;

/// The dataset that `files` declare; `name` is the folder's name. kInvalidArgument naming file and key otherwise.
Result<Dataset> ParseDataset(std::string_view name, const Files& files);

/// Reads a folder from disk. kIoError when it cannot be read.
Result<Dataset> LoadFolder(const std::string& path);

/// The names of the datasets compiled into the binary, sorted.
std::vector<std::string> BuiltInNames();

/// Those of the datasets compiled into the binary that `names` names, by name. kInvalidArgument listing all when one is
/// unknown.
Result<std::vector<Dataset>> BuiltInDatasets(const std::vector<std::string>& names);

/// kInvalidArgument naming both when two datasets share a name, a database (and so its `schema_migrations`), a tool or
/// a prompt.
Status CheckDistinct(const std::vector<Dataset>& datasets);

}  // namespace chimera::schema
