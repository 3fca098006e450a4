#include "engines/postgres/register.h"

#include "engines/postgres/pg_connection.h"
#include "engines/postgres/pg_options.h"
#include "engines/postgres/pg_probe.h"
#include "engines/postgres/postgres_instance.h"

namespace dbstow {

Result<void> RegisterPostgres(EngineRegistry& registry, const EnginePorts& ports) {
  EngineDescriptor descriptor{DatabaseEngine("postgres")};
  descriptor.display_name = "PostgreSQL";
  descriptor.default_port = 5432;
  descriptor.capabilities = postgres::EverCapabilities();
  descriptor.properties = postgres::ConnectionProperties();
  descriptor.backup_extra = postgres::BackupExtras();
  descriptor.restore_mapping = postgres::RestoreMappings();
  descriptor.clone_extra = postgres::CloneExtras();
  descriptor.create = [ports](InstanceSpec spec) -> Result<std::unique_ptr<DatabaseInstance>> {
    DBSTOW_TRY(postgres::CheckLimits(spec.connection));
    return std::make_unique<postgres::PostgresInstance>(std::move(spec), ports);
  };
  return registry.Register(std::move(descriptor));
}

}  // namespace dbstow
