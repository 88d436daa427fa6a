// Reads the files that declare one prompt, and the glossary. Pure. What is wrong is told to the spot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/dataset.h"
#include "schema/mistakes.h"

namespace chimera::schema {

/// prompts/NAME.json with its text, nullptr when that is not there; `spot` is the former. `dataset` has its tools
/// already. Wrong is also an argument that the text does not use, and a placeholder that nobody declares.
Prompt ParsePrompt(const std::string& name, std::string_view json, const std::string* text, const Dataset& dataset,
                   const Spot& spot);

/// glossary.json: an object of meanings by word.
std::vector<Term> ParseGlossary(std::string_view json, const Spot& spot);

}  // namespace chimera::schema
