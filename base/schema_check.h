// Validates a JSON value against the part of JSON Schema 2020-12 that tools publish: type (one or several), enum,
// const, minimum, maximum, minLength, maxLength, pattern is not used, required, properties, additionalProperties
// (false or a schema), items, minItems, maxItems. Our own because its messages are what a model repairs its call from:
// every problem at once, each with path, value and what to send instead, unknown names with the nearest known one.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace chimera {

/// Every way in which `value` does not fit `schema`, in document order; empty when it fits. At most 50 problems.
/// `path` prefixes the paths ("" at the root, so that a property is just "days").
std::vector<Problem> CheckSchema(const Json& value, const Json& schema, const std::string& path = {});

/// One kInvalidArgument error over all problems: "2 problems in the arguments of query.trend: …".
Error InvalidArguments(const std::string& tool, std::vector<Problem> problems);

}  // namespace chimera
