// What the protocol needs to know of resources: texts and bytes by URI that a client may show a model. The protocol
// layer lists and reads them through `ResourceCatalog`.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "mcp/call_context.h"
#include "mcp/icon.h"

namespace chimera::mcp {

struct ResourceDefinition {
  std::string uri;
  std::string name;
  std::string title;
  std::string description;
  std::string mime_type;
  Json meta = {};  ///< `_meta`; null: none
};

struct ResourceTemplate {
  std::string uri_template;  ///< RFC 6570, such as "clickhouse://{database}/{table}"
  std::string name;
  std::string title;
  std::string description;
  std::string mime_type;
};

struct ResourceContents {
  std::string uri;
  std::string mime_type;
  std::string text;
  bool is_blob = false;  ///< `text` holds bytes, sent as base64
  Json meta = {};
};

class ResourceCatalog {
 public:
  virtual ~ResourceCatalog() = default;

  /// All resources that have a fixed URI, in a deterministic order. May ask the database; kUnavailable and the like.
  virtual Result<std::vector<ResourceDefinition>> List(const CallContext& context) = 0;
  virtual std::vector<ResourceTemplate> Templates() const = 0;
  /// The contents, or what has to be asked first; nothing when there is no such resource.
  virtual Result<std::optional<std::variant<std::vector<ResourceContents>, InputNeed>>> Read(
      const CallContext& context, const std::string& uri) = 0;
  /// True when updates of this resource are noticed (Announcer::ResourceUpdated).
  virtual bool CanWatch(const std::string& uri) const = 0;
};

}  // namespace chimera::mcp
