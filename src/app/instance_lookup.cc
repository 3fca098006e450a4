#include "app/instance_lookup.h"

#include "app/chain_name.h"

namespace dbstow::app {
namespace {

Result<InstanceSpec> SpecOfUri(const EngineRegistry& engines, std::string_view text) {
  DBSTOW_ASSIGN(InstanceUri uri, InstanceUri::Parse(text));
  DBSTOW_ASSIGN(DatabaseEngine engine, DatabaseEngine::Create(uri.engine));
  DBSTOW_ASSIGN(const EngineDescriptor* descriptor, engines.Find(engine));
  std::string name = ChainNameFor(uri, descriptor->default_port);
  return InstanceSpec{std::move(engine), std::move(name), "", std::move(uri.connection)};
}

}  // namespace

Result<InstanceSpec> SpecOf(const InstanceEntry& entry) {
  DBSTOW_ASSIGN(DatabaseEngine engine, DatabaseEngine::Create(entry.engine));
  return InstanceSpec{std::move(engine), entry.name, entry.version, entry.connection};
}

Result<InstanceSpec> LookUpInstance(const Configuration& configuration,
                                    const EngineRegistry& engines, std::string_view name_or_uri) {
  if (LooksLikeUri(name_or_uri)) return SpecOfUri(engines, name_or_uri);
  if (const InstanceEntry* entry = configuration.FindInstance(name_or_uri)) return SpecOf(*entry);
  std::vector<std::string> names;
  for (const InstanceEntry& each : configuration.instances) names.push_back(each.name);
  const std::string where =
      configuration.file.empty() ? "there is no configuration file" : "in " + configuration.file;
  Error error(ErrorCode::kNotFound,
              "no instance is called '" + std::string(name_or_uri) + "' (" + where + ")");
  if (auto nearest = NearestWord(name_or_uri, names)) {
    return std::move(error).WithHint("did you mean '" + *nearest + "'?");
  }
  return std::move(error).WithHint(
      names.empty() ? "give a URI such as engine://user@host:port/database, or add it to "
                      "dbstow.toml"
                    : "dbstow instances lists those there are");
}

}  // namespace dbstow::app
