#include <cstdio>

#include "dbstow/core/interfaces.h"
#include "engines/sqlite/register.h"
#include "io/system_clock.h"
#include "io/system_random.h"
#include "secrets/secret_registry.h"

using namespace dbstow;

int main(int, char** arguments) {
  const auto files = io::CreatePosixFileSystem();
  const auto processes = io::CreatePosixProcessRunner();
  EngineRegistry registry;
  if (!RegisterSqlite(registry, {*files, *processes})) return 1;
  auto instance = registry.Create({
      .engine = DatabaseEngine("sqlite"),
      .name = "core_dw",
      .version = "3.x",
      .connection = {.database = arguments[1],  // a file: without host, port and credentials
                     .properties = {{"busy_timeout_ms", "5000"}}},
  });
  if (!instance) return std::puts(instance.error().ToString().c_str()), 1;

  NullSinks sinks;
  secrets::SecretRegistry known_secrets;
  const auto clock = io::CreateSystemClock();
  const auto random = io::CreateSystemRandom();
  OperationContext context{
      TraceId::Generate(*random), *clock, *random, sinks, sinks, sinks, known_secrets};
  if ((*instance)->capabilities().Contains("clone")) {
    const CloneOptions options{.target_name = "PROD_DB_CLONE", .zero_copy_preferred = true};
    const auto result = (*As<SupportsClone>(**instance))->Clone(options, context);
    if (!result) return std::puts(result.error().ToString().c_str()), 1;
    std::printf("cloned to %s\n", result->target.c_str());
  }
}
