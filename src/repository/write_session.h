#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/hash.h"
#include "repository/chain.h"
#include "repository/pack_reader.h"
#include "repository/pack_writer.h"

namespace dbstow::repository {

/// What one thread needs to hash, compress and seal.
struct WriteTools {
  explicit WriteTools(const io::Key256& hash_key) : hasher(hash_key) {}
  FrameEncoder encoder;
  io::PageHasher hasher;
};

/// The backup that is compared against.
struct ParentBackup {
  ManifestName name;
  Manifest manifest;
  std::unique_ptr<PackReader> packs;
  /// Null when there is no item of this name, kind and page size.
  [[nodiscard]] const ItemEntry* FindItem(const ItemInfo& info) const;
};

/// What a backup writer shares with its sinks; lives until the last of them is gone. Thread-safe.
class WriteSession {
 public:
  WriteSession(Chain chain, Intent intent, std::optional<ParentBackup> parent,
               std::shared_ptr<StageMeter> stages);

  [[nodiscard]] const Chain& chain() const { return chain_; }
  [[nodiscard]] const Intent& intent() const { return intent_; }
  [[nodiscard]] PackWriter& packs() { return packs_; }
  [[nodiscard]] const ParentBackup* parent() const { return parent_ ? &*parent_ : nullptr; }
  [[nodiscard]] const RepositoryTuning& tuning() const { return chain_.environment().tuning; }

  /// Lends tools to the calling thread; give them back.
  [[nodiscard]] std::unique_ptr<WriteTools> Borrow();
  void Return(std::unique_ptr<WriteTools> tools);

  /// Errors: AlreadyExists; Conflict once the session has ended.
  [[nodiscard]] Result<void> AddItemName(const std::string& name);
  /// `needed`: packs that the item refers to.
  void FinishItem(ItemEntry entry, const std::set<PackId>& needed);
  void Warn(std::string warning);

  struct Outcome {
    std::vector<ItemEntry> items;
    std::set<PackId> needed;
    std::vector<std::string> warnings;
  };
  /// No item can be added or finished afterwards. Errors: InvalidOptions naming an unfinished item.
  [[nodiscard]] Result<Outcome> End();

 private:
  const Chain chain_;
  const Intent intent_;
  const std::optional<ParentBackup> parent_;
  const io::Key256 hash_key_;
  PackWriter packs_;

  std::mutex mutex_;
  bool ended_ = false;
  std::set<std::string> names_;
  std::set<std::string> unfinished_;
  Outcome outcome_;
  std::vector<std::unique_ptr<WriteTools>> idle_;
};

/// Borrows tools for a scope.
class ToolLoan {
 public:
  explicit ToolLoan(WriteSession& session) : session_(session), tools_(session.Borrow()) {}
  ~ToolLoan() { session_.Return(std::move(tools_)); }
  ToolLoan(const ToolLoan&) = delete;
  ToolLoan& operator=(const ToolLoan&) = delete;
  WriteTools& operator*() { return *tools_; }

 private:
  WriteSession& session_;
  std::unique_ptr<WriteTools> tools_;
};

}  // namespace dbstow::repository
