// What to do about an error that only whoever configured this client can mend: an account that is refused or may not
// write, a database that is not there. Pure.
#pragma once

#include "base/result.h"
#include "clickhouse/http_client.h"
#include "clickhouse/retry.h"

namespace chimera::clickhouse {

/// `error`, of a statement of `kind`, with a hint that names the account it ran as, where its password came from (never
/// the password), and the setting to change. Other errors as they are.
Error WithAdvice(Error error, Kind kind, const HttpOptions& options);

}  // namespace chimera::clickhouse
