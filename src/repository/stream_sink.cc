#include "repository/stream_sink.h"

#include <algorithm>

#include "repository/level_chooser.h"
#include "repository/segment_assembler.h"

namespace dbstow::repository {
namespace {

static_assert(kChunkSize == StreamSink::kPiece);

class ChunkedStreamSink final : public StreamSink {
 public:
  ChunkedStreamSink(std::shared_ptr<WriteSession> session, ItemInfo info,
                    std::optional<ParentItem> parent)
      : session_(std::move(session)),
        parent_(std::move(parent)),
        levels_(session_->tuning().zstd_level) {
    entry_.info = std::move(info);
  }

  Result<void> Write(ByteView bytes) override;
  Result<ItemSummary> Finish() override;

 private:
  [[nodiscard]] Result<void> TakeChunk(ByteView chunk);
  [[nodiscard]] Result<void> PlaceChunk(WriteTools& tools, ByteView chunk);
  [[nodiscard]] Result<void> OpenSegment();
  [[nodiscard]] Result<void> CloseSegment(FrameEncoder& encoder);

  const std::shared_ptr<WriteSession> session_;
  const std::optional<ParentItem> parent_;
  LevelChooser levels_;
  ItemEntry entry_;
  Bytes pending_;
  std::optional<SegmentAssembler> segment_;
  std::vector<SegmentRef> segments_;
  bool finished_ = false;
};

Result<void> ChunkedStreamSink::Write(ByteView bytes) {
  if (finished_) return Error(ErrorCode::kInvalidOptions, "the stream is already finished");
  while (!bytes.empty()) {
    if (pending_.empty() && bytes.size() >= kChunkSize) {
      DBSTOW_TRY(TakeChunk(bytes.first(kChunkSize)));
      bytes = bytes.subspan(kChunkSize);
      continue;
    }
    const std::size_t taken = std::min<std::size_t>(bytes.size(), kChunkSize - pending_.size());
    pending_.insert(pending_.end(), bytes.begin(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (pending_.size() == kChunkSize) {
      DBSTOW_TRY(TakeChunk(pending_));
      pending_.clear();
    }
  }
  return {};
}

Result<void> ChunkedStreamSink::OpenSegment() {
  std::optional<ParentSegment> parent;
  if (parent_) {
    DBSTOW_ASSIGN(parent, parent_->At(*session_, segments_.size()));
  }
  segment_.emplace(kChunksPerSegment, std::move(parent));
  return {};
}

Result<void> ChunkedStreamSink::CloseSegment(FrameEncoder& encoder) {
  if (!segment_) return {};
  DBSTOW_ASSIGN(auto finished, segment_->Finish(segment_->count(), session_->packs(), encoder));
  entry_.summary.bytes_stored += finished.bytes_stored;
  segments_.push_back(std::move(finished.ref));
  segment_.reset();
  return {};
}

Result<void> ChunkedStreamSink::TakeChunk(ByteView chunk) {
  if (!segment_) DBSTOW_TRY(OpenSegment());
  ToolLoan loan(*session_);
  DBSTOW_TRY(PlaceChunk(*loan, chunk));
  ++entry_.units;
  entry_.info.size += chunk.size();
  if (segment_->full()) DBSTOW_TRY(CloseSegment((*loan).encoder));
  return {};
}

Result<void> ChunkedStreamSink::PlaceChunk(WriteTools& tools, ByteView chunk) {
  const io::PageHash hash = tools.hasher.Hash(chunk);
  const std::uint32_t unit = segment_->count();
  if (segment_->Reuse(unit, hash)) {
    entry_.summary.bytes_reused += chunk.size();
    return {};
  }
  DBSTOW_ASSIGN(
      const FrameRef ref,
      session_->packs().Append(tools.encoder, {FrameKind::kData, chunk, levels_.For(chunk)}));
  entry_.summary.bytes_stored += ref.stored_size;
  const std::uint32_t frame = segment_->AddFrame();
  segment_->SetFrame(frame, ref);
  segment_->Place(unit, hash, {frame, 0});
  return {};
}

Result<ItemSummary> ChunkedStreamSink::Finish() {
  if (finished_) return Error(ErrorCode::kInvalidOptions, "the stream is already finished");
  if (!pending_.empty()) DBSTOW_TRY(TakeChunk(pending_));
  ToolLoan loan(*session_);
  DBSTOW_TRY(CloseSegment((*loan).encoder));
  std::set<PackId> needed = PacksOf(segments_, {});
  DBSTOW_TRY(StoreSegmentList(std::move(segments_), session_->packs(), (*loan).encoder, entry_));
  needed.merge(PacksOf({}, entry_.roots));
  entry_.summary.bytes_read = entry_.info.size;
  const ItemSummary summary = entry_.summary;
  session_->FinishItem(std::move(entry_), needed);
  finished_ = true;
  return summary;
}

}  // namespace

Result<std::unique_ptr<StreamSink>> CreateStreamSink(std::shared_ptr<WriteSession> session,
                                                     ItemSpec spec) {
  DBSTOW_TRY(session->AddItemName(spec.name));
  ItemInfo info{std::move(spec.name), ItemInfo::Kind::kStream, 0, 0, std::move(spec.attributes)};
  DBSTOW_ASSIGN(auto parent, ParentItem::Find(*session, info));
  return std::unique_ptr<StreamSink>(
      std::make_unique<ChunkedStreamSink>(std::move(session), std::move(info), std::move(parent)));
}

}  // namespace dbstow::repository
