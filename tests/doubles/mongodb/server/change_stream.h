#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/model/catalog.h"
#include "doubles/mongodb/server/change_events.h"

namespace dbstow::doubles::mongodb {

/// The position and options of one `$changeStream` over the oplog. Used under the node's lock.
class ChangeStream {
 public:
  enum class Scope { kCollection, kDatabase, kCluster };

  /// `specification` is the stage's document. Errors: Location40415, Location40674 for more than
  /// one start, FailedToParse and InvalidResumeToken for bad tokens, CommandNotSupported for images
  /// of before a change.
  [[nodiscard]] static Result<ChangeStream> Open(Catalog& catalog, Scope scope, Namespace ns,
                                                 const Document& specification);

  /// The next event; none when the oplog has no more for now, or the stream has ended. Errors:
  /// ChangeStreamHistoryLost (286) when the oplog has rolled over what was not read yet.
  [[nodiscard]] Result<std::optional<std::string>> Next(const Collection& oplog);
  /// Says to resume after all that `Next` has gone past.
  [[nodiscard]] std::string Token() const;
  /// What it watched is gone: an `invalidate` was its last event.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static constexpr std::uint32_t kWholeEntry = std::numeric_limits<std::uint32_t>::max();
  /// Behind which event: the entry's timestamp and the event's number within it.
  struct Position {
    Timestamp at;
    std::uint32_t place = kWholeEntry;
    bool invalidate = false;
    auto operator<=>(const Position&) const = default;
  };
  struct Pending {
    Position position;
    std::string event;
  };

  ChangeStream(Catalog& catalog, Scope scope, Namespace ns)
      : catalog_(&catalog), scope_(scope), ns_(std::move(ns)) {}
  [[nodiscard]] Result<void> Start(const Document& specification);
  [[nodiscard]] static std::string TokenOf(const Position& position);
  [[nodiscard]] static Result<Position> PositionOf(const Element& token);
  [[nodiscard]] bool Concerns(const ChangeEvent& event) const;
  [[nodiscard]] bool Invalidates(const ChangeEvent& event) const;
  void Read(const Document& entry);
  [[nodiscard]] std::string Describe(const ChangeEvent& event, const Position& position,
                                     const Document& entry) const;
  void AddFullDocument(const ChangeEvent& event, Builder& out) const;

  Catalog* catalog_;
  Scope scope_;
  Namespace ns_;
  bool look_up_ = false;
  bool expanded_ = false;
  Position after_;     ///< where it was started
  Timestamp known_;    ///< the oplog must reach back to here
  Timestamp scanned_;  ///< entries up to here were read
  Position position_;
  std::deque<Pending> pending_;
  bool ended_ = false;
};

}  // namespace dbstow::doubles::mongodb
