#pragma once

#include <memory>
#include <string>

#include "app/configuration.h"
#include "app/system_ports.h"
#include "dbstow/app/dbstow.h"
#include "operations/repository_port.h"
#include "repository/repository.h"
#include "storage/store_registry.h"

namespace dbstow::app {

/// A repository with the store that it lies in.
class OpenedRepository final : public OpenRepository {
 public:
  /// `repository` is null for one that is only imitated.
  OpenedRepository(std::string uri, std::unique_ptr<storage::ObjectStore> objects,
                   std::unique_ptr<repository::Repository> repository);
  ~OpenedRepository() override;

  BackupStore& store() override;
  RepositoryPort& port() override;
  const std::string& uri() const override { return uri_; }
  [[nodiscard]] storage::ObjectStore& objects() { return *objects_; }
  /// Null when there is none yet and it is only imitated.
  [[nodiscard]] repository::Repository* repository() { return repository_.get(); }

 private:
  std::string uri_;
  std::unique_ptr<storage::ObjectStore> objects_;
  std::unique_ptr<BackupStore> imitation_;
  std::unique_ptr<repository::Repository> repository_;
  std::unique_ptr<RepositoryPort> port_;
};

/// What opening a repository needs; the references must outlive what is opened.
struct RepositoryOpener {
  const SystemPorts& ports;
  const storage::StoreRegistry& stores;
  SecretResolver& secrets;
  const Configuration& configuration;

  [[nodiscard]] Result<std::unique_ptr<OpenedRepository>> Open(
      const RepositoryAddress& address) const;
  /// Errors: AlreadyExists.
  [[nodiscard]] Result<std::unique_ptr<OpenedRepository>> Create(
      const RepositoryAddress& address) const;

 private:
  [[nodiscard]] Result<std::string> UriOf(const RepositoryAddress& address) const;
  [[nodiscard]] Result<SecretString> PassphraseFor(const RepositoryAddress& address) const;
  [[nodiscard]] repository::RepositoryPorts PortsOf(storage::ObjectStore& objects) const;
};

}  // namespace dbstow::app
