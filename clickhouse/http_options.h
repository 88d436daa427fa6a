// What follows from the options of a client: whether they can work, what is compressed, what must not be shown. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "clickhouse/connection.h"
#include "clickhouse/http_client.h"

namespace chimera::clickhouse {

/// kInvalidArgument for options that cannot work.
Status Check(const HttpOptions& options);

/// True for 127.0.0.0/8, ::1 and localhost, where compressing costs more than sending.
bool IsLoopback(const std::string& host);

/// Whether bodies to and from host number `host` are compressed.
bool Compresses(const HttpOptions& options, size_t host);

/// The headers that say who asks.
std::vector<Header> HeadersOf(const Account& account);

/// `text` with the passwords of the accounts replaced by "***". Passwords of less than 4 bytes are left: they are in
/// every text, and to replace them would only show where.
std::string WithoutSecrets(std::string text, const HttpOptions& options);
/// The same for the password that `headers` carry (HeadersOf).
std::string WithoutSecrets(std::string text, const std::vector<Header>& headers);

}  // namespace chimera::clickhouse
