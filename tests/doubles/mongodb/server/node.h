#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "doubles/mongodb/model/catalog.h"
#include "doubles/mongodb/model/oplog.h"
#include "doubles/mongodb/model/writer.h"
#include "doubles/mongodb/server/client.h"
#include "doubles/mongodb/server/cursor.h"
#include "doubles/mongodb/server/sessions.h"

namespace dbstow::doubles::mongodb {

struct NodeOptions {
  std::string replica_set;  ///< empty: a standalone or a router
  bool router = false;      ///< greets as the mongos of a sharded cluster of one shard
  std::string version = "7.0.16";
  bool authorization = false;
  bool require_tls = false;
  std::int64_t oplog_bytes = std::int64_t{256} << 20;
};

/// One mongod: its data, cursors, sessions and role in the replica set. All members are guarded by
/// `mutex`; whoever changes something that others wait for calls `changed.notify_all()`.
class Node {
 public:
  /// Errors: as Catalog::Open.
  [[nodiscard]] static Result<std::unique_ptr<Node>> Open(const std::string& folder,
                                                          NodeOptions options);

  std::mutex mutex;
  std::condition_variable_any changed;

  [[nodiscard]] const NodeOptions& options() const { return options_; }
  [[nodiscard]] Catalog& catalog() { return *catalog_; }
  [[nodiscard]] Oplog& oplog() { return oplog_; }
  [[nodiscard]] Writer& writer() { return writer_; }
  [[nodiscard]] Sessions& sessions() { return sessions_; }
  [[nodiscard]] bool in_replica_set() const { return !options_.replica_set.empty(); }
  /// Numbers transactions and tells cluster times.
  [[nodiscard]] bool has_cluster_time() const { return in_replica_set() || options_.router; }
  /// "127.0.0.1:port", as the node calls itself.
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void set_port(std::uint16_t port) { port_ = port; }
  /// Bytes that differ for each start of the process.
  [[nodiscard]] const std::string& process_id() const { return process_id_; }

  // Cursors.
  std::int64_t AddCursor(std::unique_ptr<Cursor> cursor);
  [[nodiscard]] Cursor* FindCursor(std::int64_t id);
  bool KillCursor(std::int64_t id);
  std::size_t KillAllCursors();
  void KillCursorsOf(const std::string& session);
  [[nodiscard]] std::size_t open_cursors() const { return cursors_.size(); }

  // The replica set.
  /// Whether writes are taken now. A node that stepped down comes back by itself.
  [[nodiscard]] bool IsPrimary();
  /// Aborts transactions; the node is a secondary for `period`.
  void StepDown(std::chrono::milliseconds period);
  /// Elected again at once, if it stepped down.
  void StepUp();
  [[nodiscard]] std::int64_t elections() const { return oplog_.term(); }
  /// Counts step-downs: what was begun before one is interrupted by it.
  [[nodiscard]] std::uint64_t step_downs() const { return step_downs_; }

  // Faults.
  /// What the control port wants to go wrong with the next commands of a name.
  struct Fault {
    int code = 0;  ///< to be answered with; 0: the command is done, and its connection cut
    int times = 1;
  };
  std::map<std::string, Fault> faults;
  /// The fault of the command that is run now, if there is one for it.
  [[nodiscard]] std::optional<Fault> TakeFault(const std::string& command);

  /// How many commands wait now: for the lock, or for something to come.
  int waiting = 0;

  // fsync lock.
  std::int64_t lock_count = 0;

  std::map<std::string, std::string> parameters;  ///< set by setParameter, as BSON documents
  std::map<std::string, std::int64_t> opcounters;

 private:
  Node(NodeOptions options, std::unique_ptr<Catalog> catalog);

  NodeOptions options_;
  std::unique_ptr<Catalog> catalog_;
  Oplog oplog_;
  Writer writer_;
  Sessions sessions_;
  std::map<std::int64_t, std::unique_ptr<Cursor>> cursors_;
  std::string process_id_;
  std::uint16_t port_ = 0;
  std::chrono::steady_clock::time_point primary_again_;
  bool primary_ = true;
  std::uint64_t step_downs_ = 0;
};

}  // namespace dbstow::doubles::mongodb
