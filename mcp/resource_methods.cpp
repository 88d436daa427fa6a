#include <utility>

#include "base/base64.h"
#include "mcp/method.h"
#include "mcp/paging.h"

namespace chimera::mcp {
namespace {

void Describe(const Era& era, const std::string& title, const std::string& description, const std::string& mime_type,
              Json& entry) {
  if (era.structured_output && !title.empty()) entry["title"] = title;
  if (!description.empty()) entry["description"] = description;
  if (!mime_type.empty()) entry["mimeType"] = mime_type;
}

Json ContentsEntry(const ResourceContents& contents) {
  Json entry = {{"uri", contents.uri}};
  if (!contents.mime_type.empty()) entry["mimeType"] = contents.mime_type;
  entry[contents.is_blob ? "blob" : "text"] = contents.is_blob ? Base64(contents.text) : contents.text;
  if (!contents.meta.is_null()) entry["_meta"] = contents.meta;
  return entry;
}

ProtocolError NoSuchResource(const Call& call, const std::string& uri) {
  const int code = call.era.stateless ? kInvalidParams : kResourceNotFound;
  return {code,
          "there is no resource " + Excerpt(uri, 200) + "; resources/list and resources/templates/list show which",
          {{"uri", uri}}};
}

ProtocolError Failed(const Error& error) {
  return {kInternalError, error.message + (error.hint.empty() ? "" : "; " + error.hint), {{"code", Name(error.code)}}};
}

using Contents = std::variant<std::vector<ResourceContents>, InputNeed>;

Outcome Watch(const Call& call, bool watch) {
  const Json uri = call.Params().value("uri", Json());
  if (!uri.is_string()) return InvalidParams("params.uri must be the URI of a resource");
  const auto text = uri.get<std::string>();
  if (watch && !call.core.features.resources->CanWatch(text)) return NoSuchResource(call, text);
  if (!call.session.WatchResource(call.core.announcer, text, watch, kMaxWatched)) {
    return InvalidParams("a session may watch " + std::to_string(kMaxWatched) + " resources");
  }
  return Completed{"{}"};
}

}  // namespace

Outcome ListResources(const Call& call) {
  auto all = call.core.features.resources->List(ContextOf(call));
  if (!all.ok()) return Failed(all.error());
  return Page<ResourceDefinition>(
      call, "resources", *all, [](const ResourceDefinition& resource) { return resource.uri; },
      [&](const ResourceDefinition& resource) {
        Json entry = {{"uri", resource.uri}, {"name", resource.name}};
        Describe(call.era, resource.title, resource.description, resource.mime_type, entry);
        if (!resource.meta.is_null()) entry["_meta"] = resource.meta;
        return entry;
      },
      kPassing);
}

Outcome ListResourceTemplates(const Call& call) {
  return Page<ResourceTemplate>(
      call, "resourceTemplates", call.core.features.resources->Templates(),
      [](const ResourceTemplate& one) { return one.uri_template; },
      [&](const ResourceTemplate& one) {
        Json entry = {{"uriTemplate", one.uri_template}, {"name", one.name}};
        Describe(call.era, one.title, one.description, one.mime_type, entry);
        return entry;
      });
}

Outcome ReadResource(const Call& call) {
  const Json uri = call.Params().value("uri", Json());
  if (!uri.is_string()) return InvalidParams("params.uri must be the URI of a resource");
  Result<std::optional<Contents>> read = std::optional<Contents>();
  const auto work = [&](const CallContext& context) {
    read = call.core.features.resources->Read(context, uri.get<std::string>());
    const auto* need = read.ok() && *read ? std::get_if<InputNeed>(&**read) : nullptr;
    return need != nullptr ? *need : InputNeed();
  };
  return InRounds(call, work, [&]() -> Outcome {
    if (!read.ok()) return Failed(read.error());
    const auto* contents = *read ? std::get_if<std::vector<ResourceContents>>(&**read) : nullptr;
    if (contents == nullptr) return NoSuchResource(call, uri.get<std::string>());
    Json result = {{"contents", Json::array()}};
    for (const ResourceContents& one : *contents) result["contents"].push_back(ContentsEntry(one));
    return Cacheable(call, std::move(result), kPassing);
  });
}

Outcome SubscribeResource(const Call& call) {
  return Watch(call, true);
}

Outcome UnsubscribeResource(const Call& call) {
  return Watch(call, false);
}

}  // namespace chimera::mcp
