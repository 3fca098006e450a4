#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doubles/mongodb/model/collection.h"
#include "doubles/mongodb/model/store.h"

namespace dbstow::doubles::mongodb {

/// The node's clocks: wall time that a test can move, and the logical time of the last change.
/// `NowMs` may be called by any thread; the rest under the node's lock.
class NodeClock {
 public:
  [[nodiscard]] std::int64_t NowMs() const;
  void set_offset(std::chrono::milliseconds offset) { offset_ms_ = offset.count(); }
  [[nodiscard]] Timestamp last() const { return last_; }
  /// The next timestamp: never the same twice, never backwards.
  Timestamp Tick();
  void Restore(Timestamp last) { last_ = last; }

 private:
  std::atomic<std::int64_t> offset_ms_ = 0;
  Timestamp last_;
};

/// All collections of a node, in memory and on disk alike. Knows what was true at recent points in
/// time. Does not write the oplog: `Writer` does. Not thread-safe.
class Catalog {
 public:
  /// Loads what the folder holds. Errors: IOError; InvalidBSON when the state is damaged.
  [[nodiscard]] static Result<std::unique_ptr<Catalog>> Open(const std::string& folder);

  [[nodiscard]] NodeClock& clock() { return clock_; }
  [[nodiscard]] const NodeClock& clock() const { return clock_; }

  [[nodiscard]] Collection* Find(const Namespace& ns);
  [[nodiscard]] Collection* FindByUuid(std::string_view uuid);
  [[nodiscard]] std::vector<Collection*> InDatabase(const std::string& db);
  [[nodiscard]] std::set<std::string> Databases() const;
  /// The document of `<db>.system.views` that defines a view or a time series; empty when `ns` is
  /// neither.
  [[nodiscard]] std::string FindView(const Namespace& ns);
  [[nodiscard]] std::vector<std::string> ViewsIn(const std::string& db);

  /// `uuid` has 16 bytes. Neither the name nor the uuid may be taken.
  Collection& Add(const Namespace& ns, const std::string& uuid, std::string options);
  void Remove(Collection& collection);
  void Rename(Collection& collection, const Namespace& to);
  /// To be called after options or indexes of a collection have changed.
  void Save(const Collection& collection);
  void Put(Collection& collection, const RecordId& record, Body body, Timestamp at);

  /// Errors: SnapshotTooOld (239) when the past is no longer kept, SnapshotUnavailable (246) when
  /// the name changed its meaning since.
  [[nodiscard]] Result<void> CheckReadable(const Namespace& ns, std::uint64_t timestamp) const;
  [[nodiscard]] std::uint64_t oldest() const;
  void set_history_seconds(std::uint32_t seconds) { history_seconds_ = seconds; }
  [[nodiscard]] std::uint32_t history_seconds() const { return history_seconds_; }

  [[nodiscard]] std::string Setting(const std::string& name) const;
  void PutSetting(const std::string& name, const std::string& value);
  /// What was changed since the last call survives a kill from here on.
  void Commit();

 private:
  explicit Catalog(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  [[nodiscard]] Result<void> Load();

  struct Past {
    std::uint64_t until;
    std::int64_t collection;
    RecordId record;
  };

  std::unique_ptr<Store> store_;
  NodeClock clock_;
  std::map<std::int64_t, std::unique_ptr<Collection>> collections_;
  std::map<Namespace, Collection*> by_name_;
  std::map<Namespace, std::uint64_t> name_changed_;
  std::map<std::string, std::string> settings_;
  std::deque<Past> past_;
  std::int64_t next_id_ = 1;
  std::uint64_t history_floor_ = 0;
  std::uint32_t history_seconds_ = 300;
};

}  // namespace dbstow::doubles::mongodb
