// Whether the account that reads may do more than that: a read is then kept from writing by readonly=1 and by the
// gate's own reading of the statement only, not by what the account may do.
#pragma once

#include <string>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::app {

/// What it may do beyond reading, for people ("INSERT ON *.*, ALTER ON *.* and 7 more"); empty when that is nothing, or
/// its readonly setting forbids it. Asks the database up to a few times, writes nothing; errors are those of asking.
Result<std::string> BeyondReading(const RequestContext& context, clickhouse::Client& client);

/// What to do about it, for people.
extern const char kReaderAdvice[];

}  // namespace chimera::app
