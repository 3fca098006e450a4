#include <cstdio>

#include "dbstow/app/dbstow.h"
#include "dbstow/operations/data_operations.h"
using namespace dbstow;

int main(int, char** arguments) {  // <instance name or URI> <repository URI> <target to restore to>
  auto stow = Dbstow::Create();
  if (!stow) return std::puts(stow.error().ToString().c_str()), 1;
  auto instance = (*stow)->OpenInstance(arguments[1]);
  if (!instance) return std::puts(instance.error().ToString().c_str()), 1;
  auto repository = (*stow)->Open({.uri = arguments[2]});  // passphrase from DBSTOW_PASSPHRASE
  if (!repository) return std::puts(repository.error().ToString().c_str()), 1;
  const auto run = [&](Operation&& operation) {  // each in a context of its own
    auto context = (*stow)->NewContext({.store = &(*repository)->store()});
    if (!context) return std::puts(context.error().ToString().c_str()), 1;
    const auto result = (*stow)->executor().Execute(operation, **instance, *context);
    return std::puts(result.message.c_str()), result.exit_status();
  };
  const bool full = (*instance)->capabilities().Contains("backup.full");  // else a logical one
  const BackupOptions options{.type = full ? BackupType::kFull : BackupType::kLogical};
  if (const int failure = run(BackupOperation(options))) return failure;
  return run(RestoreOperation({.source = "latest", .target_name = arguments[3]}));
}
