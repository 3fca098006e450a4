#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "dbstow/core/stage_meter.h"
#include "repository/environment.h"
#include "repository/frame.h"
#include "repository/layout.h"
#include "repository/pack_entry.h"

namespace dbstow::repository {

/// What one frame is made of.
struct FrameContent {
  FrameKind kind = FrameKind::kData;
  ByteView plain;
  std::optional<int> level;  ///< none: stored as it is
};

/// Collects frames into packs and stores these. Thread-safe: threads compress and seal at the same
/// time and share one open pack, whose lock is held only to take a place in it. The thread that
/// fills a pack hashes and stores it while the others go on with a fresh one; memory is bounded by
/// `packs_in_flight + 1` packs.
class PackWriter {
 public:
  /// `stages` gets the time spent on compressing and storing; may be null.
  PackWriter(const Environment& environment, const ChainLayout& layout, const SessionId& session,
             std::shared_ptr<StageMeter> stages);
  ~PackWriter();
  PackWriter(const PackWriter&) = delete;
  PackWriter& operator=(const PackWriter&) = delete;

  /// May store a full pack before it returns. After the first error every call fails with it.
  [[nodiscard]] Result<FrameRef> Append(FrameEncoder& encoder, const FrameContent& content);
  /// Stores what is left and returns all packs. Called once, when nobody appends any more.
  [[nodiscard]] Result<std::vector<PackEntry>> Finish();

 private:
  struct Pack;
  struct Place {
    std::shared_ptr<Pack> pack;
    std::shared_ptr<Pack> full;  ///< the one that the caller has to store, when it filled one
    FrameRef ref;
  };

  [[nodiscard]] Result<Place> Reserve(const FrameEncoder& encoder, const FrameContent& content);
  [[nodiscard]] std::shared_ptr<Pack> OpenPack(std::size_t first_frame);
  void Sealed(Pack& pack);
  [[nodiscard]] Result<void> StorePack(FrameEncoder& encoder, Pack& pack);
  [[nodiscard]] Result<std::size_t> Close(FrameEncoder& encoder, Pack& pack);
  Error Fail(Error error);

  const Environment environment_;
  const ChainLayout layout_;
  const SessionId session_;
  const EpochKey epoch_;
  const std::shared_ptr<StageMeter> stages_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Pack> open_;
  std::size_t in_flight_ = 0;
  std::vector<PackEntry> stored_;
  std::optional<Error> failed_;
};

}  // namespace dbstow::repository
