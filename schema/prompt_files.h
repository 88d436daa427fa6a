// Reads the files that declare one prompt, and the glossary. Pure; `where` names the file in messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/dataset.h"

namespace chimera::schema {

/// prompts/NAME.json with its text; `where` is their path without the extension. `dataset` has its tools already.
/// kInvalidArgument naming file and key: an argument that the text does not use, a placeholder that nobody declares.
Result<Prompt> ParsePrompt(const std::string& name, std::string_view json, std::string_view text,
                           const Dataset& dataset, const std::string& where);

/// glossary.json: an object of meanings by word.
Result<std::vector<Term>> ParseGlossary(std::string_view json, const std::string& where);

}  // namespace chimera::schema
