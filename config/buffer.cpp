#include "config/buffer.h"

#include <array>
#include <charconv>

#include "config/hosts.h"

namespace chimera::config {
namespace {

constexpr char kName[] = "CHIMERA_BUFFER";
constexpr char kHint[] =
    "write off, sqlite, sqlite:/var/lib/chimera-mcp/buffer.sqlite, redis://host:6379/0, rediss://host:6379/0 (TLS) or "
    "redis+unix:///run/redis.sock";
constexpr std::array<std::string_view, 3> kTlsFiles = {"CHIMERA_BUFFER_CA_FILE", "CHIMERA_BUFFER_CLIENT_CERT_FILE",
                                                       "CHIMERA_BUFFER_CLIENT_KEY_FILE"};

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

void SetAside(SettingReader& reader, std::string_view name, const std::string& why) {
  if (reader.IsSet(name)) reader.Notice("without effect because " + why + ": " + std::string(name));
  reader.SetAside(name, why);
}

/// What stands behind redis:// or rediss://
void ReadRedis(SettingReader& reader, std::string_view text, Buffer& buffer) {
  buffer.kind = Buffer::Kind::kRedis;
  if (const size_t at = text.rfind('@'); at != text.npos) {
    buffer.username = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (buffer.username.find(':') != std::string::npos) {
    return reader.Refuse(kName, "holds a password",
                         "put it into CHIMERA_BUFFER_PASSWORD, or the file that _FILE names");
  }
  const size_t slash = text.find('/');
  const std::string_view number = slash == text.npos ? "" : text.substr(slash + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), buffer.database);
  const bool has_number = error == std::errc() && end == number.data() + number.size() && buffer.database >= 0;
  const auto hosts = ParseHosts(text.substr(0, slash));
  if ((!number.empty() && !has_number) || !hosts.ok() || hosts->list.size() != 1 || hosts->secure) {
    return reader.Refuse(kName, "is no address of a Redis", kHint);
  }
  buffer.host = hosts->list[0].name;
  buffer.port = hosts->list[0].port.value_or(buffer.port);
}

void ReadPlace(SettingReader& reader, const std::string& data_dir, Buffer& buffer) {
  const std::string given = reader.Text(kName, "off");
  std::string_view text = given;
  if (text == "off") return;
  buffer.secure = text.starts_with("rediss://");
  if (TakePrefix(text, "redis://") || TakePrefix(text, "rediss://")) return ReadRedis(reader, text, buffer);
  if (TakePrefix(text, "redis+unix://")) {
    buffer.kind = Buffer::Kind::kRedis;
    buffer.path = text;
    if (!text.starts_with('/')) reader.Refuse(kName, "names no socket", kHint);
    return;
  }
  buffer.kind = Buffer::Kind::kSqlite;
  if (text == "sqlite") {
    buffer.path = data_dir + "/buffer/writes.sqlite";
    if (!data_dir.empty()) return;
    return reader.Refuse(kName, "does not say where the file is to be",
                         "write sqlite:/var/lib/chimera-mcp/buffer.sqlite; "
                         "a file belongs to one database: give each server of another one its own");
  }
  if (!TakePrefix(text, "sqlite:") || text.empty()) return reader.Refuse(kName, "is no place for a buffer", kHint);
  buffer.path = reader.FromHome(std::string(text));
}

void ReadTls(SettingReader& reader, Buffer& buffer) {
  if (!buffer.secure) {
    for (const std::string_view name : kTlsFiles) SetAside(reader, name, "CHIMERA_BUFFER is no rediss:// address");
    return;
  }
  const auto [ca, certificate, key] = kTlsFiles;
  buffer.tls.ca_file = reader.ReadablePath(ca);
  buffer.tls.client_cert_file = reader.ReadablePath(certificate);
  buffer.tls.client_key_file = reader.ReadablePath(key);
  if (!buffer.tls.client_key_file.empty() && buffer.tls.client_cert_file.empty())
    reader.Refuse(key, "is set without CHIMERA_BUFFER_CLIENT_CERT_FILE", "set both, or neither");
}

void SetAsideAll(SettingReader& reader) {
  for (const auto& setting : Settings()) {
    const std::string_view name = setting.name;
    const bool ours = name.starts_with("CHIMERA_BUFFER_") || name.starts_with("CHIMERA_FLUSH") ||
                      name.starts_with("CHIMERA_TIMESTORE_") || name == "CHIMERA_EVOLVE" || name == "CHIMERA_FRESH_MS";
    if (ours) SetAside(reader, name, "CHIMERA_BUFFER is off");
  }
}

}  // namespace

Buffer LoadBuffer(SettingReader& reader, const std::string& data_dir) {
  constexpr int64_t kMegabyte = 1'000'000;
  constexpr int64_t kMonth = 31 * 86'400;
  Buffer buffer;
  ReadPlace(reader, data_dir, buffer);
  if (const auto password = reader.Password("CHIMERA_BUFFER_PASSWORD", "CHIMERA_BUFFER_PASSWORD_FILE")) {
    buffer.password = password->text;
  }
  const auto number = [&reader](std::string_view name, int64_t fallback, int64_t min, int64_t max) {
    return static_cast<uint64_t>(reader.Integer(name, fallback, min, max));
  };
  buffer.fsync = reader.Choice("CHIMERA_BUFFER_FSYNC", {"always", "off"}, 0) == 0;
  buffer.limits.max_rows = number("CHIMERA_BUFFER_MAX_ROWS", 1'000'000, 1, 1'000'000'000);
  buffer.limits.max_bytes = number("CHIMERA_BUFFER_MAX_MB", 512, 1, 1'000'000) * kMegabyte;
  buffer.limits.max_age = std::chrono::seconds(number("CHIMERA_BUFFER_MAX_AGE", 86'400, 1, kMonth));
  buffer.limits.key_life = std::chrono::seconds(number("CHIMERA_BUFFER_KEY_LIFE", 86'400, 60, kMonth));
  buffer.batch.rows = number("CHIMERA_FLUSH_ROWS", 10'000, 1, 1'000'000);
  buffer.batch.bytes = number("CHIMERA_FLUSH_MB", 16, 1, 256) * kMegabyte;
  buffer.max_wait = std::chrono::milliseconds(number("CHIMERA_FLUSH_MS", 1000, 10, 3'600'000));
  buffer.flushes = number("CHIMERA_FLUSHES", 2, 1, 64);
  buffer.fresh = std::chrono::milliseconds(number("CHIMERA_FRESH_MS", 2000, 0, 60'000));
  for (std::string& dataset : reader.List("CHIMERA_EVOLVE")) buffer.growing.insert(std::move(dataset));
  if (!buffer.On()) {
    SetAsideAll(reader);
  } else {
    ReadTls(reader, buffer);
  }
  return buffer;
}

}  // namespace chimera::config
