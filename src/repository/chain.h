#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "repository/environment.h"
#include "repository/layout.h"
#include "repository/manifest.h"
#include "repository/reports.h"

namespace dbstow::repository {

struct ListedManifest {
  ManifestName name;
  std::uint64_t size = 0;
};

struct ListedIntent {
  Intent intent;
  std::string key;
};

/// Sessions that somebody began to fence, or did fence, and those that pruners saw dated ahead.
struct Fences {
  std::set<SessionId> pending;
  std::set<SessionId> confirmed;
  std::vector<std::string> pending_keys;
  std::map<SessionId, TimePoint> seen;  ///< when first
  std::vector<std::string> seen_keys;
  [[nodiscard]] bool Any(const SessionId& session) const {
    return pending.contains(session) || confirmed.contains(session);
  }
};

/// A pruner's announcement of what it is about to delete.
struct PruneMark {
  std::string key;
  std::set<std::string> names;  ///< of manifests
  bool damaged = false;         ///< then the names are unknown
};

/// True when the fault lies in the object (damaged, of another key, of a later version) and not in
/// the way to it: asking again will not help, but other objects may be fine.
[[nodiscard]] bool IsUnreadable(const Error& error);

class Chain;

/// Asked before each object that long work on a chain looks at or deletes. Errors: Cancelled,
/// Timeout.
[[nodiscard]] Result<void> CheckStillWanted(const Chain& chain, const CheckContext& context);

/// One chain as it is in the store: what each LIST says, parsed, and manifests opened. Each call
/// asks the store again; the order in which callers ask is the heart of the protocol
/// (docs/repository-format.md). Thread-safe.
class Chain {
 public:
  Chain(Environment environment, std::string instance)
      : environment_(std::move(environment)), instance_(std::move(instance)), layout_(instance_) {}

  [[nodiscard]] const std::string& instance() const { return instance_; }
  [[nodiscard]] const ChainLayout& layout() const { return layout_; }
  [[nodiscard]] const Environment& environment() const { return environment_; }
  [[nodiscard]] storage::ObjectStore& store() const { return environment_.ports.store; }

  /// Oldest first by id.
  [[nodiscard]] Result<std::vector<ListedManifest>> ListManifests() const;
  [[nodiscard]] Result<std::vector<ListedIntent>> ListIntents() const;
  [[nodiscard]] Result<Fences> ListFences() const;
  [[nodiscard]] Result<std::vector<PruneMark>> ListMarks() const;
  [[nodiscard]] Result<std::vector<Verification>> ListVerifications() const;

  /// Errors: NotFound, Corrupt naming the object, WrongKey, UnsupportedCapability, store errors.
  [[nodiscard]] Result<ManifestHead> ReadHead(const ListedManifest& manifest) const;
  [[nodiscard]] Result<Manifest> ReadManifest(const ManifestName& name) const;

  /// Puts the intent of a new session. Errors: store errors.
  [[nodiscard]] Result<Intent> Announce(Intent::Purpose purpose, std::string_view manifest) const;
  /// Takes an intent back; safe once its owner stores nothing more.
  [[nodiscard]] Result<void> Withdraw(const Intent& intent) const;
  /// Says for others that this session, dated ahead, was there now.
  [[nodiscard]] Result<void> PutSighting(const SessionId& session) const;
  /// Returns the mark's key.
  [[nodiscard]] Result<std::string> PutMark(const std::set<std::string>& names) const;

 private:
  [[nodiscard]] Result<PruneMark> ReadMark(const std::string& key) const;
  [[nodiscard]] Result<void> CheckInstance(const ManifestHead& head) const;
  Environment environment_;
  std::string instance_;
  ChainLayout layout_;
};

}  // namespace dbstow::repository
