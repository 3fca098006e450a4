#pragma once

#include <memory>
#include <string>

#include "repository/repository.h"
#include "simulator/actor_store.h"
#include "simulator/world.h"

namespace dbstow::simulator {

/// One process: its own view of the store, its own open repository.
class Actor {
 public:
  Actor(World& world, Role role, const SecretString& passphrase);
  /// Opens, or creates; before others move.
  [[nodiscard]] Result<void> OpenRepository();
  [[nodiscard]] Result<void> CreateRepository();

  ActorStore& store() { return store_; }

  void WriteBackups(int count);
  void ReadSomeBackup();
  void PruneOnce();
  void FenceSomeSession();
  void VerifyNewest();

  /// Everything must be in order and become tidy.
  void CheckEverything();

 private:
  [[nodiscard]] Result<std::string> WriteBackup(const test::BackupContent& content);
  [[nodiscard]] test::BackupContent NextContent();
  [[nodiscard]] RetentionPolicy SomePolicy();
  void CheckReported(const std::string& id);
  void CompareWithAttempt(const std::string& id);
  void CheckTidy();

  World& world_;
  const SecretString& passphrase_;
  ActorStore store_;
  WorldClock clock_;
  test::FakeRandom random_;
  std::unique_ptr<repository::Repository> repository_;
};

}  // namespace dbstow::simulator
