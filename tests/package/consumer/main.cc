#include <cstdio>

#include "dbstow/app/dbstow.h"
#include "dbstow/operations/data_operations.h"

int main(int, char** arguments) {  // <instance name or URI> <repository URI> <target to restore to>
  auto stow = dbstow::Dbstow::Create();
  if (!stow) return std::puts(stow.error().ToString().c_str()), 1;
  auto instance = (*stow)->OpenInstance(arguments[1]);
  if (!instance) return std::puts(instance.error().ToString().c_str()), 1;
  auto repository = (*stow)->Open({.uri = arguments[2]});  // passphrase from DBSTOW_PASSPHRASE
  if (!repository) return std::puts(repository.error().ToString().c_str()), 1;
  auto context = (*stow)->NewContext({.store = &(*repository)->store()});

  dbstow::BackupOperation backup({.type = dbstow::BackupType::kFull});
  auto saved = (*stow)->executor().Execute(backup, **instance, *context);
  std::printf("backup %s: %s\n", saved.details["backup_id"].c_str(), saved.message.c_str());
  if (!saved.success) return saved.exit_status();

  dbstow::RestoreOperation restore({.source = "latest", .target_name = arguments[3]});
  return (*stow)->executor().Execute(restore, **instance, *context).exit_status();
}
