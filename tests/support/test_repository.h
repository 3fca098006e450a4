#pragma once

#include <map>
#include <memory>
#include <string>

#include "repository/repository.h"
#include "support/fakes.h"
#include "support/memory_object_store.h"

namespace dbstow::test {

/// The items of a backup, whole.
struct BackupContent {
  struct Pages {
    std::uint32_t page_size = 4096;
    Bytes bytes;
    friend bool operator==(const Pages&, const Pages&) = default;
  };
  std::map<std::string, Bytes> streams;
  std::map<std::string, Pages> pages;

  [[nodiscard]] std::uint64_t size() const;
  friend bool operator==(const BackupContent&, const BackupContent&) = default;
};

/// Compressible bytes that look like a table, the same for the same seed.
[[nodiscard]] Bytes Text(std::size_t size, std::uint64_t seed);

/// Writes and finishes every item.
[[nodiscard]] Result<void> Fill(BackupWriter& writer, const BackupContent& content);
[[nodiscard]] Result<BackupContent> ReadAll(BackupReader& reader);

/// A repository in memory, with small packs and a cheap key derivation.
class TestRepository {
 public:
  explicit TestRepository(repository::RepositoryTuning tuning = SmallPacks());
  [[nodiscard]] static repository::RepositoryTuning SmallPacks();

  repository::Repository* operator->() { return repository_.get(); }
  repository::Repository& operator*() { return *repository_; }
  [[nodiscard]] repository::RepositoryPorts ports() { return {store, clock, random}; }
  /// Opens it anew with the passphrase.
  [[nodiscard]] Result<void> Reopen();

  [[nodiscard]] static BackupPlan Plan(const std::string& instance);
  /// Moves the clock by a minute, so that ids differ and sort.
  Result<BackupRecord> Backup(const std::string& instance, const BackupContent& content);
  Result<BackupContent> Restore(const std::string& selector, const std::string& instance);

  MemoryObjectStore store;
  FakeClock clock;
  FakeRandom random;
  SecretString passphrase{"correct horse battery staple"};

 private:
  repository::RepositoryTuning tuning_;
  std::unique_ptr<repository::Repository> repository_;
};

}  // namespace dbstow::test
