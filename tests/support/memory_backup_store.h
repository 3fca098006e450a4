#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dbstow/core/backup_store.h"

namespace dbstow::test {

/// One item of a backup, whole in memory.
struct MemoryItem {
  ItemInfo info;
  Bytes bytes;
  std::vector<bool> written;  ///< kPages: which pages have been written
  bool finished = false;
};

/// A BackupStore in memory, for tests of engines. Keeps the contract of the real one: a writer that
/// did not commit leaves no trace, sinks may be used from several threads, pages are written once.
/// Thread-safe. Writers, readers and sinks share the contents and may outlive the store.
class MemoryBackupStore final : public BackupStore {
 public:
  MemoryBackupStore();

  const std::string& id() const override { return id_; }
  Result<std::unique_ptr<BackupWriter>> Begin(const BackupPlan& plan) override;
  Result<std::unique_ptr<BackupReader>> Open(std::string_view selector,
                                             std::string_view instance) override;
  Result<std::vector<BackupRecord>> List(std::string_view instance) override;

  /// Fails the n-th call (from 1, counted from now, over all sinks) to `Write`.
  void FailWrite(int nth, Error error);
  /// Fails the n-th call (from 1, counted from now) to `Commit`.
  void FailCommit(int nth, Error error);
  /// Fails the n-th call (from 1, counted from now, over all sources) to `Read`.
  void FailRead(int nth, Error error);
  /// Calls back just before the n-th write (from 1, counted from now) is taken, in its thread and
  /// without holding a lock.
  void OnWrite(int nth, std::function<void()> callback);
  /// The same before the n-th `Read` of a source.
  void OnRead(int nth, std::function<void()> callback);
  /// Writes taken since the store was made.
  [[nodiscard]] int writes() const;
  /// Begun writers that have neither committed nor been destroyed.
  [[nodiscard]] int open_writers() const;
  /// Damages a committed item: the byte at `offset` is inverted.
  void Flip(const std::string& backup_id, const std::string& item, std::size_t offset);
  /// Changes a committed item's bytes in place.
  void Edit(const std::string& backup_id, const std::string& item,
            const std::function<void(Bytes&)>& change);

  struct Shared;  ///< private; named here for the writers and readers

 private:
  std::string id_ = "memory";
  std::shared_ptr<Shared> shared_;
};

}  // namespace dbstow::test
