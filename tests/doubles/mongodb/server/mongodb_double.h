#pragma once

#include <memory>

#include "doubles/mongodb/server/node.h"
#include "doubles/net/listener.h"
#include "doubles/net/run_double.h"

namespace dbstow::doubles::mongodb {

/// A MongoDB server on one port. Settings (`--set`): replset=NAME, version=7.0.16, auth=on, tls=on,
/// router=on (greets as mongos), oplog_bytes=N. Control commands besides the common ones:
///   step_down {ms}                 secondary for that long, then primary again in a new term
///   step_up                        primary again now
///   kill_cursors {}                all open cursors; → {killed}
///   fail {name, code, times}       the next commands of that name fail; without a code they are
///   done
///                                  and their connection ends without an answer
///   set_clock {offset_ms}          moves the wall clock
///   oplog_size {bytes}             rolls the oplog over
///   oplog_append {entry: base64}   an entry of BSON as it is, for shapes no command makes
///   inspect {}                     → {cursors, primary, term, last_seconds, last_counter,
///   lock_count, waiting}
class MongodbDouble final : public Double {
 public:
  /// Errors: InvalidOptions for unknown settings; as Node::Open.
  [[nodiscard]] static Result<std::unique_ptr<Double>> Create(const DoubleSetup& setup);

  [[nodiscard]] Result<std::uint16_t> Start(std::uint16_t port) override;
  std::size_t CutConnections() override;
  void Stop() override;
  [[nodiscard]] std::map<std::string, std::string> ReadyDetails() const override;

 private:
  MongodbDouble(const DoubleSetup& setup, std::unique_ptr<Node> node);
  void RegisterControls();
  void Serve(Connection& connection, std::stop_token stop);

  const DoubleSetup setup_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Listener> listener_;
  std::atomic<std::int32_t> next_connection_ = 1;
};

}  // namespace dbstow::doubles::mongodb
