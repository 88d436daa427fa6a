// Reads dataset folders, checks them (unknown keys, missing files, types nobody knows, placeholders without a
// parameter and the other way round), and hands out `Dataset`s. Does not touch a database; schema/live_check.h does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/dataset.h"
#include "schema/mistakes.h"

namespace chimera::schema {

/// What a folder holds, with everything that is wrong in it. Without mistakes, `dataset` is whole.
struct Reading {
  Dataset dataset;
  Files files;
  std::vector<Mistake> mistakes;  ///< in the order in which files are read, with lines
};

/// Reads `files` to the end, whatever is wrong in them; `name` is the folder's name.
Reading ReadDataset(std::string_view name, Files files);

/// Reads a folder from disk to the end. kIoError when the folder itself cannot be read.
Result<Reading> ReadFolder(const std::string& path);

/// The dataset that `files` declare; `name` is the folder's name. Otherwise kInvalidArgument with the first mistake.
Result<Dataset> ParseDataset(std::string_view name, const Files& files);

/// Reads a folder from disk. kIoError when it cannot be read, else as ParseDataset.
Result<Dataset> LoadFolder(const std::string& path);

/// The names of the datasets compiled into the binary, sorted.
std::vector<std::string> BuiltInNames();

/// Those of the datasets compiled into the binary that `names` names, by name. kInvalidArgument listing all when one is
/// unknown.
Result<std::vector<Dataset>> BuiltInDatasets(const std::vector<std::string>& names);

/// kInvalidArgument naming both when two datasets share a name, a database (and so its `schema_migrations`), a tool or
/// a prompt.
Status CheckDistinct(const std::vector<Dataset>& datasets);

/// Every such clash, one sentence each.
std::vector<std::string> Clashes(const std::vector<Dataset>& datasets);

}  // namespace chimera::schema
