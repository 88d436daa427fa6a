// A dataset as a model reads it: the page behind chimera://datasets/NAME. Pure.
#pragma once

#include <string>
#include <vector>

#include "guide/facts.h"
#include "guide/wording.h"
#include "schema/dataset.h"

namespace chimera::guide {

/// Markdown: the tables as they are now, tools and prompts with one line each, the glossary.
std::string DatasetPage(const schema::Dataset& dataset, const std::vector<TableFacts>& tables,
                        const Offers& offers = {});

}  // namespace chimera::guide
