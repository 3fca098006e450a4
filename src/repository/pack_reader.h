#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "repository/environment.h"
#include "repository/frame.h"
#include "repository/layout.h"
#include "repository/pack_entry.h"

namespace dbstow::repository {

/// Reads frames of the packs that one manifest lists. Thread-safe.
class PackReader {
 public:
  PackReader(const Environment& environment, const ChainLayout& layout,
             const std::vector<PackEntry>& packs);
  ~PackReader();

  /// Errors: Corrupt naming the pack (missing, cut short, changed, not in the manifest); store
  /// errors as they are.
  [[nodiscard]] Result<Bytes> Read(const FrameRef& ref, FrameKind kind);
  /// Null when the manifest does not list it.
  [[nodiscard]] const PackEntry* Find(const PackId& id) const;
  [[nodiscard]] std::string KeyOf(const PackEntry& pack) const;

 private:
  class Loan;
  struct Tools {
    FrameDecoder decoder;
    Bytes stored;
  };
  [[nodiscard]] Result<io::Key256> KeyFor(const PackEntry& pack);

  const Environment environment_;
  const ChainLayout layout_;
  std::map<PackId, PackEntry> packs_;

  std::mutex mutex_;
  std::map<PackId, io::Key256> keys_;
  std::vector<std::unique_ptr<Tools>> idle_;
};

/// "missing" for what the store does not have: to a reader of a manifest that is damage.
[[nodiscard]] Error AsDamage(Error error, std::string_view key);

}  // namespace dbstow::repository
