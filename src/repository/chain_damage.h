#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "repository/chain.h"
#include "repository/reports.h"

namespace dbstow::repository {

/// All manifests of a chain, who needs which pack, and what was found damaged.
class ChainDamage {
 public:
  /// Reads every manifest; a damaged one is noted, not an error. Errors: store errors.
  [[nodiscard]] Result<void> Load(const Chain& chain);

  [[nodiscard]] const std::map<ManifestName, Manifest>& manifests() const { return manifests_; }
  /// Pack object keys and what is known of them; each is needed by somebody.
  [[nodiscard]] const std::map<std::string, PackEntry>& packs() const { return packs_; }
  [[nodiscard]] bool Needs(const ManifestName& name, const std::string& pack_key) const;

  void AddPackProblem(const std::string& pack_key, const std::string& problem);
  /// The store failed: it is not known what is in there.
  void AddUnknownPack(const std::string& pack_key, const std::string& reason);
  [[nodiscard]] bool HasProblem(const std::string& pack_key) const {
    return problems_.contains(pack_key) || unknown_.contains(pack_key);
  }

  /// Presence and size of every pack that one of `names` needs, from one LIST; returns all packs.
  [[nodiscard]] Result<std::vector<storage::ObjectInfo>> CheckPresence(
      const Chain& chain, const std::set<ManifestName>& names);

  [[nodiscard]] VerifiedBackup VerdictOn(const Chain& chain, const ManifestName& name) const;
  [[nodiscard]] std::vector<DamagedObject> Damaged() const;

 private:
  [[nodiscard]] std::vector<std::string> AffectedBy(const std::string& pack_key) const;
  std::map<ManifestName, Manifest> manifests_;
  std::map<ManifestName, DamagedObject> bad_manifests_;
  std::map<ManifestName, std::string> unread_manifests_;
  std::map<std::string, PackEntry> packs_;
  std::map<std::string, std::set<ManifestName>> needed_by_;
  std::map<std::string, std::string> problems_;
  std::map<std::string, std::string> unknown_;
};

}  // namespace dbstow::repository
