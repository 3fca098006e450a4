#include "engines/sqlite/register.h"

#include "engines/sqlite/sqlite_instance.h"

namespace dbstow {

Result<void> RegisterSqlite(EngineRegistry& registry, const EnginePorts& ports) {
  EngineDescriptor descriptor{
      .engine = DatabaseEngine("sqlite"),
      .display_name = "SQLite",
      .capabilities = sqlite::EverCapabilities(),
      .properties = sqlite::PropertySpecs(),
      .backup_extra = sqlite::BackupExtraSpecs(),
      .create = [ports](InstanceSpec spec) -> Result<std::unique_ptr<DatabaseInstance>> {
        DBSTOW_ASSIGN(auto settings, sqlite::Settings::From(spec.connection));
        return std::make_unique<sqlite::SqliteInstance>(std::move(spec), std::move(settings),
                                                        ports);
      }};
  return registry.Register(std::move(descriptor));
}

}  // namespace dbstow
